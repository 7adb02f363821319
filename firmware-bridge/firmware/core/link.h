/* Frames on the line: read and checked, made and sent ("Frames" of PROTOCOL.md). */
#ifndef DECANT_LINK_H
#define DECANT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_PAYLOAD 104
#define LINK_FRAME (2 + LINK_PAYLOAD + 4)

/* The request that may come out of turn, with a `seq` of 0: STOP. */
#define LINK_URGENT 0x13

struct request {
  uint8_t type;
  uint8_t seq;
  uint8_t length;
  const uint8_t *payload;
};

/* Forgets all frames, as after a reset. */
void link_begin(void);

/* Whether a request waits. It stays until `link_done` or `link_drop`. A repeated one is answered here as it was before. */
bool link_request(struct request *request);
/* Its answer is the one to keep. */
void link_done(void);
/* The answer before it stays the one to keep. */
void link_drop(void);
/* Whether the request is the next one behind the last that was answered, and no older one that came again. */
bool link_is_next(const struct request *request);

/* Begins the answer, an answer that is not kept, or the event; what follows is put into it until it is sent. */
void link_answer(uint8_t type, uint8_t seq);
void link_passing(uint8_t type, uint8_t seq);
void link_event(uint8_t type);
void link_u8(uint8_t value);
void link_u16(uint16_t value);
void link_u32(uint32_t value);
/* Closes the message and sends it. */
void link_finish(void);

/* Whether something is being sent. */
bool link_sending(void);
/* Gives the line what it takes. */
void link_send(void);

/* Frames dropped and bytes lost since the reset. */
uint32_t link_errors(void);
#endif
