import { flushSync, mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';
import { beatEvery } from '../lib/clock.svelte';
import { commands } from '../lib/generated/desktop/commands';
import { useLocale } from '../lib/text/index.svelte';
import LogWindow from './LogWindow.svelte';
import Panel from './Panel.svelte';
import { shellBridge } from './shell';
import { ownWindow } from './window';

// While services answer, the clock goes by their probes; this is for when there are none.
beatEvery(10_000);
const shell = shellBridge('');
const target = document.getElementById('page');
useLocale(await shell.locale());
const window = commands('');
const query = new URLSearchParams(location.search);
/** Whose logs a window shows: a service's, or all where it is empty; `null` in the panel. */
const logsOf = query.get('logs');
if (target && logsOf !== null) {
  const bridge = shellBridge(query.get('stack') ?? '');
  mount(LogWindow, { target, props: { bridge, name: logsOf === '' ? null : logsOf } });
} else if (target) {
  const first = await shell.shownStack().catch(() => '');
  mount(Panel, { target, props: { bridgeOf: shellBridge, first } });
}
// With its first effects, so that the state is asked for before the window is shown.
flushSync();
ownWindow(document, window);
await window.painted();
