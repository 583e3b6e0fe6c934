/**
 * Every state of the pages, for pictures and for the accessibility check. Without a query, all of
 * them side by side; `?state=NAME` one of them as it is in its window; `?lang=de` and `?theme=dark`
 * hold language and theme. `?state=busy` is not one of them: it never rests.
 */
import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';
import { holdClockAt } from '../lib/clock.svelte';
import { useLocale } from '../lib/text/index.svelte';
import Admin from '../admin/Page.svelte';
import LogWindow from '../panel/LogWindow.svelte';
import Panel from '../panel/Page.svelte';
import User from '../user/Page.svelte';
import Overview from './Overview.svelte';
import { adminStates } from './admin';
import { demoBridge } from './demo';
import { busy } from './busy';
import { panelStates } from './panel';
import { userStates } from './user';
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
  const panel = name === null ? undefined : name === 'busy' ? busy : panelStates[name];
  const user = name === null ? undefined : userStates[name];
  const admin = name === null ? undefined : adminStates[name];
  if (panel && panel.logWindow !== undefined) {
    mount(LogWindow, { target, props: { bridge: demoBridge(panel, lang), name: panel.logWindow } });
    void panel.act?.();
  } else if (panel) {
    mount(Panel, {
      target,
      props: {
        bridge: demoBridge(panel, lang),
        instance: 'default',
        view: panel.view ?? 'services',
        logsOf: panel.logsOf ?? [],
        detailsOf: panel.detailsOf ?? [],
      },
    });
    void panel.act?.();
  } else if (user) {
    mount(User, { target, props: { session: await user() } });
  } else if (admin) {
    mount(Admin, { target, props: { watch: admin() } });
  } else {
    const states = [panelStates, userStates, adminStates].flatMap(Object.keys);
    mount(Overview, { target, props: { states, query: location.search } });
  }
}
