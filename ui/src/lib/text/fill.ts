/**
 * The text with each `{name}` replaced, as the shell does it. What is filled in is not looked at again: a
 * label may have braces of its own.
 */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{([^}]*)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
