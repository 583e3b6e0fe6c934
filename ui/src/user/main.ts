import { mount } from 'svelte';
import '../lib/tokens.css';
import Page from './Page.svelte';

const target = document.getElementById('page');
if (target) mount(Page, { target });
