/** Rejects with the complaint when the condition does not come true in time. */
export async function until(isDone: () => boolean, timeoutMs: number, complaint: string): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!isDone()) {
    if (Date.now() > end) throw new Error(`${complaint} Waited ${timeoutMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
