import { expect, it } from 'vitest';
import { fixedPorts, portProblems } from './fixed-ports';

it('reads ports, and leaves empty fields to the launcher', () => {
  expect(fixedPorts({ ui: ' 8501 ', admin: '', backend: 'abc' })).toEqual({ ui: 8501 });
});

it('finds what is no port', () => {
  const typed = { a: '0', b: '65536', c: '80.5', d: '-1', e: '8000x', f: '', g: '65535', h: '1' };
  expect(portProblems(typed, 'no').map(({ field }) => field)).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name) => `fixed_ports.${name}`),
  );
});
