/** Measurements made up for pictures, and a photo to go with them that is drawn, not taken. */
import type { Gate } from '../lib/generated/skin/Gate';
import type { GateCode } from '../lib/generated/skin/GateCode';
import type { Measurement } from '../lib/generated/skin/Measurement';
import type { Withheld } from '../lib/generated/skin/Withheld';

const gateCodes: GateCode[] = [
  'clipped',
  'blurred',
  'uneven_light',
  'region_small',
  'region_not_skin',
  'surround_not_skin',
  'colour_cast',
  'profile_unreadable',
];

const gates: Gate[] = gateCodes.map((code) => ({ code, passed: true, reason: 'all is well' }));

const blurred: Withheld = {
  code: 'blurred',
  reason: 'The region is not sharp. Hold the camera still, or step back until it focuses.',
};

const measured = <T>(value: T): { status: 'measured'; value: T } => ({ status: 'measured', value });
const withheld = (...reasons: Withheld[]): { status: 'withheld'; reasons: Withheld[] } => ({
  status: 'withheld',
  reasons,
});

export const region = { x: 300, y: 190, width: 120, height: 100 };

/** An ellipse, as the outline of the spot that is drawn below. */
const polygon = Array.from({ length: 48 }, (_, at) => ({
  x: 360 + 38 * Math.cos((at / 24) * Math.PI),
  y: 240 + 27 * Math.sin((at / 24) * Math.PI),
}));

export function measurement(id: number, change: Partial<Measurement> = {}): Measurement {
  return {
    id,
    created_at: `2026-01-31T1${id % 2}:4${id % 10}:00Z`,
    note: null,
    photo: { width: 720, height: 480, format: 'jpeg', profile: 'embedded', profile_name: 'Display P3' },
    selection: { region, surround: null, card: null, scale: null },
    results: {
      colour: measured({ lab: { l: 65.6673, a: 13.6745, b: 16.8985 }, srgb: '#c29682' }),
      redness: measured(24.769),
      melanin: measured(26.803),
      typology: withheld({
        code: 'needs_colour_card',
        reason: 'Needs a grey card in the photo: an exposure error of a quarter stop shifts it by a class.',
      }),
      difference: {
        surround: {
          kind: 'ring',
          outer: { x: 240, y: 140, width: 240, height: 200 },
          inner: { x: 280, y: 173, width: 160, height: 134 },
        },
        surround_colour: measured({ lab: { l: 74.1, a: 10.2, b: 17.3 }, srgb: '#d7b498' }),
        redness: measured(6.0204),
        melanin: measured(-4.786),
        delta_e: measured(8.44),
      },
      outline: measured({
        area_px: 3223,
        longest_px: 76,
        perpendicular_px: 54,
        perimeter_px: 206,
        asymmetry: [0.03, 0.05],
        compactness: 1.07,
        polygon,
        millimetres: withheld({
          code: 'needs_size_card',
          reason: 'Needs a card of known size in the photo, with a line along one of its edges.',
        }),
      }),
      evenness: measured({ deviation_l: 1.2 }),
      gates,
      card_gains: null,
    },
    disclaimer: '',
    ...change,
  };
}

/** With both cards: every number is there. */
export function complete(id: number): Measurement {
  const plain = measurement(id, { note: 'left forearm' });
  const outline = plain.results.outline;
  if (outline.status === 'measured') {
    outline.value.millimetres = measured({
      area_mm2: 28.9,
      longest_mm: 7.2,
      perpendicular_mm: 5.1,
      mm_per_px: 0.0947,
    });
  }
  plain.results.typology = measured({ angle_degrees: 42.835, class: 'light' });
  plain.results.card_gains = [0.803, 1, 1.439];
  return plain;
}

/** Out of focus: no number that would mislead. */
export function blurredOne(id: number): Measurement {
  const plain = measurement(id, { note: 'out of focus' });
  const none = withheld(blurred);
  plain.results = {
    ...plain.results,
    colour: none,
    redness: none,
    melanin: none,
    typology: none,
    difference: { ...plain.results.difference, redness: none, melanin: none, delta_e: none },
    outline: none,
    evenness: none,
    gates: gates.map((gate) =>
      gate.code === 'blurred' ? { ...gate, passed: false, reason: blurred.reason } : gate,
    ),
  };
  return plain;
}

/** A photo of skin with a spot on it, drawn. */
export function drawnPhoto(): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = 720;
  canvas.height = 480;
  const pen = canvas.getContext('2d');
  if (!pen) return Promise.reject(new Error('no canvas'));
  const light = pen.createLinearGradient(0, 0, 720, 480);
  light.addColorStop(0, '#e3c3aa');
  light.addColorStop(1, '#c99f86');
  pen.fillStyle = light;
  pen.fillRect(0, 0, 720, 480);
  pen.fillStyle = '#8a5a48';
  pen.beginPath();
  pen.ellipse(360, 240, 38, 27, 0, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = '#7a7a79';
  pen.fillRect(560, 330, 130, 120);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}
