import { expect, it } from 'vitest';
import documented from '../../../../docs/panel.md?raw';
import { inState } from '../../states/services';
import { de } from './de';
import { en } from './en';
import { messages } from './messages';

/** Every text of a catalogue with its path; a function stands for itself. */
function texts(part: unknown, path = ''): [string, unknown][] {
  if (typeof part !== 'object' || part === null) return [[path, part]];
  return Object.entries(part).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

it('every catalogue has the same texts', () => {
  const keys = (catalogue: unknown): string[] =>
    texts(catalogue)
      .map(([path]) => path)
      .sort();
  expect(keys(de)).toEqual(keys(en));
});

it('what is filled in is not looked at again, and a port is not parted', () => {
  const say = messages('de', 'on = { $label }: Port { $port }\n');
  expect(say('on', { label: 'a { $port }', port: 8080 })).toBe('a { $port }: Port 8080');
  expect(say('off')).toBe('off');
});

it('what the pages say by its id is there', () => {
  const ids = [
    'bad_port',
    'milliseconds',
    'seconds',
    ...Object.keys(inState).flatMap((state) => [`state_${state}`, `is_${state}`]),
  ];
  for (const id of ids) for (const { say } of [de, en]) expect(say(id), id).not.toBe(id);
});

it('no text is empty, and none shouts', () => {
  for (const [path, text] of [...texts(en), ...texts(de)]) {
    if (typeof text !== 'string') continue;
    expect(text.trim(), path).not.toBe('');
    expect(text, path).not.toContain('!');
  }
});

it('the statement stands beside results word for word', () => {
  expect(en.user.disclaimer).toBe(
    'This measures colour and size. It cannot detect disease. If a spot changes, bleeds or worries you, see a clinician.',
  );
});

it('every language names the limits of a photo', () => {
  const english = (code: 'too_large' | 'too_many_pixels'): string => en.user.photo.refused[code];
  for (const text of [
    english('too_large'),
    de.user.photo.refused.too_large,
    de.user.problem('too_large', english('too_large')),
  ]) {
    expect(text).toContain('48 MiB');
  }
  for (const text of [
    english('too_many_pixels'),
    de.user.photo.refused.too_many_pixels,
    de.user.problem('too_many_pixels', english('too_many_pixels')),
  ]) {
    expect(text).toMatch(/64 (million|Millionen)/);
  }
});

it('the panel and its documentation name the same keys', () => {
  const listed = en.keys.groups.flatMap(([where, keys]) => keys.map((key) => [where, ...key]));
  const rows = listed.map((row) => `| ${row.join(' | ')} |`).join('\n');
  expect(documented).toContain(`|---|---|---|\n${rows}\n\n`);
});
