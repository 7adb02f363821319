/** Name and version as machines report them. */
export const software = 'decant-0.1.0';

/** No machine ran this software before then: the floor of a clock that nobody has set yet (2025-01-01). Milliseconds since 1970. */
export const builtAt = 1_735_689_600_000;
