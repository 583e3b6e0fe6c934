/** The measuring page's words in English. */
import { sentence } from '../format';
import type { CardEdge } from '../generated/skin/CardEdge';
import type { ColourClass } from '../generated/skin/ColourClass';
import type { GateCode } from '../generated/skin/GateCode';
import { photoBytesMax, photoPixelsMax, regionSideMin } from '../generated/skin/limits';
import type { ProblemCode } from '../generated/skin/ProblemCode';
import type { WithheldCode } from '../generated/skin/WithheldCode';

/** Why the page does not send a file. */
export type PhotoProblem = 'unreadable' | 'too_large' | 'too_many_pixels';

/** The limits of a photo as people are told them. */
export const photoMebibytesMax = photoBytesMax / 1024 ** 2;
export const photoMegapixelsMax = photoPixelsMax / 1e6;

/** Names and one-line meanings of the values, by the name they have in the page. */
export type ValueName =
  | 'l'
  | 'a'
  | 'b'
  | 'redness'
  | 'melanin'
  | 'ita'
  | 'delta-e'
  | 'delta-redness'
  | 'delta-melanin'
  | 'longest'
  | 'perpendicular'
  | 'area'
  | 'asymmetry'
  | 'compactness'
  | 'evenness';

const values: Record<ValueName, { name: string; unit: string; meaning: string }> = {
  l: { name: 'L*', unit: 'of 100', meaning: 'Lightness in CIE L*a*b* (D65): 0 is black, 100 is white.' },
  a: { name: 'a*', unit: 'CIELAB', meaning: 'From green (below 0) to red (above 0).' },
  b: { name: 'b*', unit: 'CIELAB', meaning: 'From blue (below 0) to yellow (above 0).' },
  redness: {
    name: 'Redness',
    unit: 'EI',
    meaning:
      'Erythema index, 100·log10(R/G): how much more red light than green comes back. It is not a measure of blood.',
  },
  melanin: {
    name: 'Melanin',
    unit: 'MI',
    meaning: 'Melanin index, 100·log10(1/R): the darker in red light, the higher.',
  },
  ita: {
    name: 'Typology angle',
    unit: '°',
    meaning:
      'ITA: the higher the angle, the lighter the skin. Only with a grey card, since exposure shifts it.',
  },
  'delta-e': {
    name: 'Colour difference',
    unit: 'ΔE2000',
    meaning: 'How different the two colours look. About 1 is the least that the eye sees.',
  },
  'delta-redness': {
    name: 'Redness',
    unit: 'ΔEI',
    meaning: 'Redness of the region less that of the skin around it.',
  },
  'delta-melanin': {
    name: 'Melanin',
    unit: 'ΔMI',
    meaning: 'Melanin index of the region less that of the skin around it.',
  },
  longest: { name: 'Longest diameter', unit: 'mm', meaning: 'The longest line across the outline.' },
  perpendicular: {
    name: 'Across it',
    unit: 'mm',
    meaning: 'The width at a right angle to the longest diameter.',
  },
  area: { name: 'Area', unit: 'mm²', meaning: 'The area within the outline.' },
  asymmetry: {
    name: 'Asymmetry',
    unit: '%',
    meaning: 'The share that does not fall on itself when folded over the longer and the shorter axis.',
  },
  compactness: {
    name: 'Outline',
    unit: 'P²/4πA',
    meaning: '1 is a disc; the longer or more ragged the outline, the higher.',
  },
  evenness: {
    name: 'Unevenness',
    unit: 'L*',
    meaning:
      'How much the lightness varies from spot to spot, slow changes of the light taken away. 0 is even.',
  },
};

const classes: Record<ColourClass, string> = {
  very_light: 'very light',
  light: 'light',
  intermediate: 'intermediate',
  tan: 'tan',
  brown: 'brown',
  dark: 'dark',
};

const gates: Record<GateCode, string> = {
  clipped: 'Exposure',
  blurred: 'Sharpness',
  uneven_light: 'Even light',
  region_small: 'Region size',
  region_not_skin: 'Region looks like skin',
  surround_not_skin: 'Surround looks like skin',
  colour_cast: 'Colour of the light',
  profile_unreadable: 'Colour profile',
};

const edges: Record<CardEdge, string> = { long: 'long edge, 85.6 mm', short: 'short edge, 54 mm' };

const refused: Record<PhotoProblem, string> = {
  unreadable: 'This file cannot be shown as a photo. JPEG, PNG and WebP can.',
  too_large: `The photo has more than ${photoMebibytesMax} MiB. Save it smaller, or as JPEG.`,
  too_many_pixels: `The photo has more than ${photoMegapixelsMax} million pixels. Make it smaller.`,
};

export const user = {
  title: 'Skin measurement',
  disclaimer:
    'This measures colour and size. It cannot detect disease. If a spot changes, bleeds or worries you, see a clinician.',
  values,
  classes,
  gates,
  /** The server says why in English, with its figures; other languages put their own words. */
  withheld: (_code: WithheldCode, given: string): string => sentence(given),
  gate: (_code: GateCode, _passed: boolean, given: string): string => sentence(given),
  problem: (_code: ProblemCode, given: string): string => sentence(given),
  photo: {
    drop: 'Drop a photo here',
    choose: 'Choose a photo',
    kinds: 'JPEG, PNG or WebP',
    local: 'The photo stays on this computer.',
    other: 'Other photo',
    refused,
    reading: 'Reading the photo',
    release: 'Let go to use this photo',
  },
  mark: {
    title: 'What to mark',
    region: 'Spot',
    surround: 'Skin around it',
    card: 'Grey card',
    scale: 'Size card',
    hint: {
      region: 'Draw a rectangle around what is to be measured.',
      surround:
        'Draw a rectangle on plain skin to compare with. Without one, a ring around the spot is used.',
      card: 'Draw a rectangle on a grey card in the photo, without its edge.',
      scale: 'Draw a line along an edge of a bank card in the photo.',
    },
    keys: 'Arrow keys move the mark, with Shift they change its size, with Alt in steps of ten. Delete removes it.',
    canvas: (mark: string): string => `Photo. Mark: ${mark}`,
    none: 'nothing marked',
    at: (x: number, y: number, width: number, height: number): string =>
      `${width} × ${height} pixels at ${x}, ${y}`,
    line: (length: number): string => `a line of ${length} pixels`,
    remove: 'Remove mark',
    exact: 'Position in pixels',
    x: 'left',
    y: 'top',
    width: 'width',
    height: 'height',
    edge: 'Edge of the card',
    edges,
    reference: 'True colour of the card',
    tooSmall: `The spot is too small: at least ${regionSideMin} × ${regionSideMin} pixels.`,
  },
  measure: {
    do: 'Measure',
    doing: 'Measuring…',
    note: 'Note',
    noteHint: 'such as "left forearm"',
    first: 'Mark a spot first',
  },
  result: {
    title: 'Result',
    none: 'The numbers appear here.',
    colour: 'Colour',
    against: 'Compared with the skin around it',
    shape: 'Size and shape',
    evenness: 'Evenness',
    withheld: 'not shown',
    meaning: (name: string): string => `What ${name} means`,
    gates: 'Quality of the photo',
    passed: 'good',
    failed: 'not good enough',
    corrected: 'Corrected by the grey card',
    uncorrected: 'Without a grey card, colours depend on the light; compare only within one photo.',
    from: (when: string): string => `Measured ${when}`,
  },
  history: {
    title: 'Earlier measurements',
    empty: 'No measurement yet. What you measure is kept here; the photos are not.',
    loading: 'Loading',
    more: 'Show more',
    show: (when: string): string => `Show the measurement of ${when}`,
    remove: (when: string): string => `Delete the measurement of ${when}`,
    sure: 'Delete this measurement?',
    yes: 'Delete',
    no: 'Keep',
    withheld: 'colour not shown',
  },
  down: {
    text: 'The backend does not answer. Trying again; what you marked stays.',
    back: 'The backend answers again.',
  },
};
