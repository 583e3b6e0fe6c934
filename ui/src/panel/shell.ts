/** The bridge to the Tauri shell: one command for each question, channels for what keeps coming. */
import { Channel, invoke } from '@tauri-apps/api/core';
import type { Bridge, PanelEvent } from '../lib/bridge';
import type { LogLine } from '../lib/generated/LogLine';

export const shell: Bridge = {
  subscribe(onEvent) {
    return invoke('subscribe', { channel: new Channel<PanelEvent>(onEvent) });
  },
  unsubscribe: () => invoke('unsubscribe'),
  request: (request) => invoke('request', { request }),
  openService: (service) => invoke('open_service', { service }),
  copyAddress: (service) => invoke('copy_address', { service }),
  openLogFolder: () => invoke('open_log_folder'),
  openStackFile: () => invoke('open_stack_file'),
  logs: (service, lines) => invoke('logs', { service, lines }),
  async followLogs(service, onLines) {
    const channel = new Channel<LogLine[]>(onLines);
    const id = await invoke<number>('follow_logs', { service, channel });
    return () => {
      // A panel that is being closed has nobody left to tell that this failed.
      invoke('unfollow_logs', { id }).catch(() => undefined);
    };
  },
  latencies: (service) => invoke('latencies', { service }),
  settings: () => invoke('settings'),
  checkSettings: (settings) => invoke('check_settings', { settings }),
  saveSettings: (settings) => invoke('save_settings', { settings }),
  welcome: () => invoke('welcome'),
  dismissWelcome: () => invoke('dismiss_welcome'),
  locale: () => invoke<string>('locale').catch(() => navigator.language),
};
