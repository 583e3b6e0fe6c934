/** Sentences in which what is typed stands between backticks, as on a terminal. */

/** A piece of a sentence. */
export interface Piece {
  text: string;
  /** Whether it is something to type, such as a command or a key of a file. */
  code: boolean;
}

const CODE = /`([^`\n]+)`/;

/** A sentence in pieces, without the backticks. */
export function pieces(text: string): Piece[] {
  // Of what is split by one group, every second piece is what was in it.
  const split = text.split(CODE).map((piece, at) => ({ text: piece, code: at % 2 === 1 }));
  return split.filter((piece) => piece.text !== '');
}

/** A sentence where nothing but text can stand. */
export function plain(text: string): string {
  return pieces(text)
    .map((piece) => piece.text)
    .join('');
}
