import { expect, it } from 'vitest';
import { de } from './de';
import { en } from './en';

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
