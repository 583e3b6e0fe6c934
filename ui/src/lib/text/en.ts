/** English, and with it the shape that every other catalogue has to have. */
import ftl from '../../../../crates/contract/messages/en.ftl?raw';
import { admin } from './en.admin';
import { panel } from './en.panel';
import { messages } from './messages';
import { user } from './en.user';

export const en = {
  units: { day: 'd', hour: 'h', minute: 'min', second: 's' },
  say: messages('en', ftl),
  ...panel,
  user,
  admin,
};

export type Catalogue = typeof en;
