#include "link.h"

#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "port.h"

#define FIRST_EVENT 0x80
#define LAST_REQUEST 0x3f
/* Longest answer: LAST with twelve rows; longest event: ENDED. */
#define ANSWER_FRAME (2 + 94 + 4)
#define EVENT_FRAME (2 + 11 + 4)

struct message {
  uint8_t length;
  uint8_t *bytes;
};

static uint8_t answer_bytes[ANSWER_FRAME];
static uint8_t event_bytes[EVENT_FRAME];

static struct {
  uint8_t bytes[LINK_FRAME];
  uint8_t length;
  /* Bytes of the COBS block that are to come, and whether a zero follows them. */
  uint8_t left;
  bool zero_due;
  bool damaged;
  bool complete;
} in;

static struct {
  struct message answer, event;
  struct message *open;
  uint8_t event_count;
  /* Of the request that `answer` answers: its type, seq and CRC. */
  uint8_t answered[6];
  bool answered_any;
} out;

static struct {
  const struct message *message;
  uint8_t at;
  uint8_t left;
  enum { SEND_START, SEND_CODE, SEND_BYTES, SEND_END } state;
} sending;

static uint32_t errors;

void link_begin(void) {
  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  memset(&sending, 0, sizeof sending);
  out.answer.bytes = answer_bytes;
  out.event.bytes = event_bytes;
  errors = 0;
}

static void forget_frame(void) {
  memset(in.bytes, 0, sizeof in.bytes);
  in.length = in.left = 0;
  in.zero_due = in.damaged = in.complete = false;
}

static void add_byte(uint8_t byte) {
  if (in.length < LINK_FRAME)
    in.bytes[in.length++] = byte;
  else
    in.damaged = true;
}

static bool frame_is_good(void) {
  if (in.damaged || in.left != 0 || in.length < 6) return false;
  const uint8_t body = (uint8_t)(in.length - 4);
  if (~crc32_add(CRC32_START, in.bytes, body) != get_u32(in.bytes + body)) return false;
  const bool has_place = in.bytes[1] != 0 || in.bytes[0] == LINK_URGENT;
  return in.bytes[0] >= 1 && in.bytes[0] <= LAST_REQUEST && has_place;
}

static void end_frame(void) {
  const bool began = in.length > 0 || in.left > 0 || in.zero_due || in.damaged;
  if (!began) return;
  if (frame_is_good()) {
    in.complete = true;
    return;
  }
  errors++;
  forget_frame();
}

static void take_byte(uint8_t byte) {
  if (byte == 0) {
    end_frame();
  } else if (in.left > 0) {
    in.left--;
    add_byte(byte);
  } else {
    if (in.zero_due) add_byte(0);
    in.left = (uint8_t)(byte - 1);
    in.zero_due = byte != 0xff;
  }
}

static bool is_repeated(void) {
  return out.answered_any && memcmp(out.answered, in.bytes, 2) == 0 &&
         memcmp(out.answered + 2, in.bytes + in.length - 4, 4) == 0;
}

static void start_sending(const struct message *message) {
  sending.message = message;
  sending.at = 0;
  sending.state = SEND_START;
}

bool link_request(struct request *request) {
  errors += port_uart_lost();
  while (!in.complete) {
    const int16_t byte = port_uart_read();
    if (byte < 0) return false;
    take_byte((uint8_t)byte);
  }
  if (is_repeated()) {
    forget_frame();
    start_sending(&out.answer);
    return false;
  }
  request->type = in.bytes[0];
  request->seq = in.bytes[1];
  request->length = (uint8_t)(in.length - 6);
  request->payload = in.bytes + 2;
  return true;
}

void link_done(void) {
  memcpy(out.answered, in.bytes, 2);
  memcpy(out.answered + 2, in.bytes + in.length - 4, 4);
  out.answered_any = true;
  forget_frame();
}

void link_drop(void) {
  forget_frame();
}

bool link_is_next(const struct request *request) {
  return out.answered_any && request->seq == out.answered[1] % 255 + 1;
}

static void open_message(struct message *message, uint8_t room, uint8_t type, uint8_t seq) {
  memset(message->bytes, 0, room);
  message->bytes[0] = type;
  message->bytes[1] = seq;
  message->length = 2;
  out.open = message;
}

void link_answer(uint8_t type, uint8_t seq) {
  open_message(&out.answer, ANSWER_FRAME, type, seq);
}

void link_passing(uint8_t type, uint8_t seq) {
  open_message(&out.event, EVENT_FRAME, type, seq);
}

void link_event(uint8_t type) {
  open_message(&out.event, EVENT_FRAME, type, out.event_count++);
}

void link_u8(uint8_t value) {
  out.open->bytes[out.open->length++] = value;
}

void link_u16(uint16_t value) {
  link_u8((uint8_t)value);
  link_u8((uint8_t)(value >> 8));
}

void link_u32(uint32_t value) {
  link_u16((uint16_t)value);
  link_u16((uint16_t)(value >> 16));
}

void link_finish(void) {
  link_u32(~crc32_add(CRC32_START, out.open->bytes, out.open->length));
  start_sending(out.open);
}

bool link_sending(void) {
  return sending.message != 0;
}

/* Sends the code of the next COBS block: one more than the bytes up to the next zero, or the end. */
static bool send_code(void) {
  const struct message *m = sending.message;
  sending.left = 0;
  while (sending.at + sending.left < m->length && m->bytes[sending.at + sending.left] != 0) sending.left++;
  sending.state = SEND_BYTES;
  if (port_uart_write((uint8_t)(sending.left + 1))) return true;
  sending.state = SEND_CODE;
  return false;
}

static bool send_next(void) {
  const struct message *m = sending.message;
  switch (sending.state) {
    case SEND_START:
      if (!port_uart_write(0)) return false;
      sending.state = SEND_CODE;
      return true;
    case SEND_CODE:
      return send_code();
    case SEND_BYTES:
      if (sending.left > 0) {
        if (!port_uart_write(m->bytes[sending.at])) return false;
        sending.at++;
        sending.left--;
      } else if (sending.at == m->length) {
        sending.state = SEND_END;
      } else {
        sending.at++;
        sending.state = SEND_CODE;
      }
      return true;
    default:
      if (!port_uart_write(0)) return false;
      sending.message = 0;
      return false;
  }
}

void link_send(void) {
  while (sending.message != 0 && send_next()) continue;
}

uint32_t link_errors(void) {
  return errors;
}
