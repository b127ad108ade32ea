export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The value when it is a string, otherwise an empty string: absent and empty are the same to Slack's form fields. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Undefined when the text is not JSON; JSON itself cannot say undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The objects in a list, or none when it is no list. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}
