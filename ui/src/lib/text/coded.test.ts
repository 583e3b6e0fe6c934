import { expect, it } from 'vitest';
import { pieces, plain } from './coded';

it('tells what is typed from the sentence around it', () => {
  expect(pieces('run `chmod +x a`, or `b`')).toEqual([
    { text: 'run ', code: false },
    { text: 'chmod +x a', code: true },
    { text: ', or ', code: false },
    { text: 'b', code: true },
  ]);
  expect(plain('run `chmod +x a`')).toBe('run chmod +x a');
});

it('leaves a backtick alone that begins nothing', () => {
  for (const text of ['', 'a ` b', 'a `` b', 'a `\n` b']) expect(plain(text)).toBe(text);
});
