/**
 * Every state of the pages, for pictures and for the accessibility check. Without a query, all of
 * them side by side; `?state=NAME` one of them as it is in its window; `?lang=de` and `?theme=dark`
 * hold language and theme.
 */
import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';
import { holdClockAt } from '../lib/clock.svelte';
import { useLocale } from '../lib/text/index.svelte';
import Panel from '../panel/Page.svelte';
import Overview from './Overview.svelte';
import { demoBridge } from './demo';
import { panelStates } from './panel';
import { moment } from './services';

const query = new URLSearchParams(location.search);
const target = document.getElementById('page');
const theme = query.get('theme');
const lang = query.get('lang') ?? navigator.language;
const name = query.get('state');

if (theme !== null) document.documentElement.dataset['theme'] = theme;
holdClockAt(moment);
useLocale(lang);

if (target) {
  const panel = name === null ? undefined : panelStates[name];
  if (panel) {
    mount(Panel, {
      target,
      props: {
        bridge: demoBridge(panel, lang),
        view: panel.view ?? 'services',
        logsOf: panel.logsOf ?? [],
      },
    });
  } else {
    mount(Overview, { target, props: { states: Object.keys(panelStates), query: location.search } });
  }
}
