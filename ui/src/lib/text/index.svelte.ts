/** All words of all pages, in the system's language where there is a catalogue for it. */
import { de } from './de';
import { en, type Catalogue } from './en';

export type { Catalogue };

const catalogues: Record<string, Catalogue> = { en, de };

let locale = $state('en');
const catalogue = $derived(catalogueFor(locale));

/** The catalogue in use; read within a component, it follows a change of language. */
export const t = (): Catalogue => catalogue;

/** The language tag in use, such as `de-AT`: what numbers and dates are written after. */
export const localeTag = (): string => locale;

/** Takes the language from a tag, and tells the document about it. */
export function useLocale(tag: string): void {
  const known = tag.split(/[-_.]/)[0]?.toLowerCase() ?? '';
  const plain = tag.split('.')[0]?.replace('_', '-') ?? '';
  locale = known in catalogues && isTag(plain) ? plain : 'en';
  document.documentElement.lang = locale.split('-')[0] ?? 'en';
}

function catalogueFor(tag: string): Catalogue {
  return catalogues[tag.split('-')[0]?.toLowerCase() ?? ''] ?? en;
}

function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
