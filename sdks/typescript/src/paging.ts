/** A page of a list. */
export interface PageOf<T> {
  data: T[];
  nextCursor?: string | number | null;
}

/** The entries of all pages, read one page at a time. */
export async function* pages<T>(read: (cursor: string | undefined) => Promise<PageOf<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.data;
    cursor = page.nextCursor == null ? undefined : String(page.nextCursor);
  } while (cursor !== undefined);
}
