/** The messages that the pages share with the program and the tray, from the same Fluent files. */
import { FluentBundle, FluentNumber, FluentResource, type FluentVariable } from '@fluent/bundle';

/** Says the message of that id. */
export type Say = (id: string, values?: Readonly<Record<string, string | number>>) => string;

/** The messages of a file, which is read when the first of them is said. */
export function messages(locale: string, ftl: string): Say {
  let bundle: FluentBundle | undefined;
  return (id, values = {}) => {
    bundle ??= read(locale, ftl);
    const pattern = bundle.getMessage(id)?.value;
    return pattern == null ? id : bundle.formatPattern(pattern, variables(values), []);
  };
}

function read(locale: string, ftl: string): FluentBundle {
  // Its marks around values are for texts of mixed direction, and would be copied with them.
  const bundle = new FluentBundle(locale, { useIsolating: false });
  bundle.addResource(new FluentResource(ftl));
  return bundle;
}

/** A port is a number whose digits are not parted. */
function variables(values: Readonly<Record<string, string | number>>): Record<string, FluentVariable> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? new FluentNumber(value, { useGrouping: false }) : value,
    ]),
  );
}
