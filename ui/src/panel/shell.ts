/** The bridge to the Tauri shell. */
import type { Bridge } from '../lib/bridge';
import { commands } from '../lib/generated/desktop/commands';

export const shell: Bridge = {
  ...commands,
  async followLogs(service, onLines) {
    const id = await commands.followLogs(service, onLines);
    return () => {
      // A panel that is being closed has nobody left to tell that this failed.
      commands.unfollowLogs(id).catch(() => undefined);
    };
  },
  locale: () => commands.locale().catch(() => navigator.language),
};
