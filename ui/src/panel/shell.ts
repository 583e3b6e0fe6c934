/** The bridge to the Tauri shell. */
import type { Bridge } from '../lib/bridge';
import { commands } from '../lib/generated/desktop/commands';

/** The shell, asked about the stack of that instance; without a name about the application's own. */
export function shellBridge(stack: string): Bridge {
  const shell = commands(stack);
  const stop = (id: number) => (): void => {
    // A panel that is being closed has nobody left to tell that this failed.
    shell.unfollowLogs(id).catch(() => undefined);
  };
  return {
    ...shell,
    followLogs: async (service, onLines) => stop(await shell.followLogs(service, onLines)),
    followHappenings: async (onHappening) => stop(await shell.followHappenings(onHappening)),
    locale: () => shell.locale().catch(() => navigator.language),
  };
}
