/* Numbers of the protocol ("On the wire" of PROTOCOL.md) that several parts need. */
#ifndef DECANT_RULES_H
#define DECANT_RULES_H

#define PROTOCOL_VERSION 1
#define FIRMWARE_MAJOR 0
#define FIRMWARE_MINOR 1
#define FIRMWARE_PATCH 0

#define MOST_ROWS 64
#define ROW_BYTES 11
#define MOST_PUMPS 12
#define PUMP_NUMBERS 32
#define NO_PIN 0xff
/* No time in a job is later than this, in ticks. */
#define LONGEST_JOB (1UL << 30)
#define LONGEST_LEASE_MS 5000

enum flag { ACTIVE_LOW = 1, SPEED = 2, PULL_UP = 4 };

enum end {
  END_RUNNING,
  END_DONE,
  END_STOPPED,
  END_LEASE,
  END_STUCK,
  END_INTERLOCK,
  END_RESET,
  END_SUPPLY,
  END_NO_CURRENT,
};

enum error {
  FINE,
  NO_SESSION,
  UNKNOWN_REQUEST,
  MALFORMED,
  BUSY,
  NOT_ENABLED,
  UNKNOWN_PUMP,
  UNKNOWN_PIN,
  OVER_LIMIT,
  OVERFLOW,
  MISMATCH,
  LATE,
  LEASE_EXPIRED,
  OUTPUT_STUCK,
  LOCKED,
  PROTOCOL,
  INTERLOCK,
};

/* What comes of a request: FINE, or why not and the pump or input that is meant. */
struct verdict {
  uint8_t error;
  uint8_t detail;
};

static inline struct verdict refuse(enum error error, uint8_t detail) {
  return (struct verdict){(uint8_t)error, detail};
}

static inline struct verdict fine(void) {
  return (struct verdict){FINE, 0};
}

#endif
