/** Name and version as machines report them. */
export const software = 'decant-0.1.0';
