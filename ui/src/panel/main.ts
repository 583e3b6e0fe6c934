import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';
import { beatEvery } from '../lib/clock.svelte';
import { useLocale } from '../lib/text/index.svelte';
import Panel from './Panel.svelte';
import { shellBridge } from './shell';

// While services answer, the clock goes by their probes; this is for when there are none.
beatEvery(10_000);
const shell = shellBridge('');
const target = document.getElementById('page');
useLocale(await shell.locale());
const first = await shell.shownStack().catch(() => '');
if (target) mount(Panel, { target, props: { bridgeOf: shellBridge, first } });
