/** The measuring page's states: a session that was led to where the picture is taken. */
import icon from '../../../icons/app/icon.svg';
import type { Measurement } from '../lib/generated/skin/Measurement';
import { RequestFailed } from '../lib/http';
import type { MeasureApi } from '../user/api';
import { Session } from '../user/session.svelte';
import { blurredOne, complete, drawnPhoto, measurement, region } from './measurements';

const earlier = [complete(6), measurement(5), blurredOne(4), measurement(3)];
const unreachable = new RequestFailed({ code: 'backend_unreachable', message: 'no backend' });

function demoApi(change: Partial<MeasureApi> = {}): MeasureApi {
  return {
    measure: () => new Promise(() => undefined),
    list: async () => ({ measurements: earlier, next_before: 3, total: 9 }),
    remove: async () => undefined,
    thumbnail: () => icon,
    ...change,
  };
}

async function withPhoto(api: MeasureApi): Promise<Session> {
  const session = new Session(api);
  await session.openPhoto(await drawnPhoto());
  session.mark({ region });
  return session;
}

async function measuredAs(result: Measurement): Promise<Session> {
  const session = await withPhoto(demoApi({ measure: async () => result }));
  await session.measure();
  return session;
}

export const userStates: Record<string, () => Promise<Session>> = {
  'user-empty': async () =>
    new Session(demoApi({ list: async () => ({ measurements: [], next_before: null, total: 0 }) })),
  'user-loading': async () => new Session(demoApi({ list: () => new Promise(() => undefined) })),
  'user-photo': async () => {
    const session = new Session(demoApi());
    await session.openPhoto(await drawnPhoto());
    return session;
  },
  'user-marked': async () => {
    const session = await withPhoto(demoApi());
    session.mark({
      card: { x: 575, y: 345, width: 100, height: 90 },
      scale: { from: { x: 560, y: 330 }, to: { x: 690, y: 330 } },
    });
    session.active = 'card';
    return session;
  },
  'user-measuring': async () => {
    const session = await withPhoto(demoApi());
    void session.measure();
    return session;
  },
  'user-measured': () => measuredAs(measurement(7)),
  'user-complete': () => measuredAs(complete(8)),
  'user-withheld': () => measuredAs(blurredOne(9)),
  'user-down': async () =>
    withPhoto(
      demoApi({ measure: () => Promise.reject(unreachable), list: () => Promise.reject(unreachable) }),
    ),
  'user-refused': async () => {
    const full = new RequestFailed({
      code: 'storage_full',
      message: 'The disk is full; nothing was stored, nothing was lost.',
    });
    const session = await withPhoto(demoApi({ measure: () => Promise.reject(full) }));
    await session.measure();
    return session;
  },
  'user-unreadable': async () => {
    const session = new Session(demoApi());
    await session.openPhoto(new Blob(['this is no photo']));
    return session;
  },
};
