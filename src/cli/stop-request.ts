const sameKeystrokeMs = 1000;

/**
 * Aborted at the first SIGINT, SIGTERM or SIGHUP. A keystroke arrives twice, from the terminal and through npm. One that
 * comes a second later ends this process at once, and with it the children that live as long as their parent.
 */
export function stopRequest(): AbortSignal {
  const request = new AbortController();
  let first: number | null = null;
  const hear = (): void => {
    const now = performance.now();
    first ??= now;
    if (now - first > sameKeystrokeMs) process.exit(130);
    request.abort();
  };
  process.on('SIGINT', hear).on('SIGTERM', hear).on('SIGHUP', hear);
  return request.signal;
}
