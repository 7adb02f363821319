/**
 * Who may do what at the broker, a client's name being the common name of its certificate: a machine writes below its
 * `up`, reads below its `down` and what is said to all; the publisher does all that.
 */
const root = 'decant/v1';

/** The same for mosquitto; `pattern` lines hold for every user, `topic` lines for the one named before. */
export function mosquittoAccess(publisher: string): string {
  return [
    `pattern write ${root}/%u/up/#`,
    `pattern read ${root}/%u/down/#`,
    `pattern read ${root}/all/#`,
    '',
    `user ${publisher}`,
    `topic readwrite ${root}/#`,
    '',
  ].join('\n');
}

export function mayPublish(publisher: string, name: string, topic: string): boolean {
  if (/[+#]/.test(topic)) return false;
  return name === publisher ? topic.startsWith(`${root}/`) : topic.startsWith(`${root}/${name}/up/`);
}

export function maySubscribe(publisher: string, name: string, filter: string): boolean {
  if (name === publisher) return filter.startsWith(`${root}/`);
  return filter.startsWith(`${root}/${name}/down/`) || filter.startsWith(`${root}/all/`);
}
