import { expect, it } from 'vitest';
import { de } from './de';
import { en } from './en';
import { fill } from './fill';

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

it('a name to fill in stands in every language', () => {
  const names = (catalogue: unknown): [string, string[]][] =>
    texts(catalogue).map(([path, text]) => [path, [...new Set(String(text).match(/\{[^}]*\}/g))].sort()]);
  expect(names(de.desktop)).toEqual(names(en.desktop));
});

it('what is filled in is not looked at again', () => {
  expect(fill('{label}: port {port}', { label: 'a {port}', port: 80 })).toBe('a {port}: port 80');
  expect(fill('{label}: port {port}', { label: 'a' })).toBe('a: port {port}');
});

it('no text is empty, and none shouts', () => {
  for (const [path, text] of [...texts(en), ...texts(de)]) {
    if (typeof text !== 'string') continue;
    expect(text.trim(), path).not.toBe('');
    expect(text, path).not.toContain('!');
  }
});

it('in English, a state is called by the word that programs use', () => {
  for (const [state, word] of Object.entries(en.states)) expect(word).toBe(state);
});

it('the statement stands beside results word for word', () => {
  expect(en.user.disclaimer).toBe(
    'This measures colour and size. It cannot detect disease. If a spot changes, bleeds or worries you, see a clinician.',
  );
});
