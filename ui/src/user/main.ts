import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';
import { useLocale } from '../lib/text/index.svelte';
import Page from './Page.svelte';
import { server } from './api';
import { Session } from './session.svelte';

const target = document.getElementById('page');
useLocale(navigator.language);
if (target) mount(Page, { target, props: { session: new Session(server) } });
