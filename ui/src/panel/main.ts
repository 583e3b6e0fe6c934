import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';
import { useLocale } from '../lib/text/index.svelte';
import Page from './Page.svelte';
import { shell } from './shell';

const target = document.getElementById('page');
useLocale(await shell.locale());
if (target) mount(Page, { target, props: { bridge: shell } });
