/** Whether a host name, as `URL` writes it, leads back to the same machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f:]*\])\.?$/i.test(hostname);
}
