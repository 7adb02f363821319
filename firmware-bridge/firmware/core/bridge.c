#include "bridge.h"

#include "inputs.h"
#include "job.h"
#include "link.h"
#include "machine.h"
#include "port.h"
#include "record.h"
#include "requests.h"
#include "scale.h"

enum event { ENDED = 0x80, INPUTS = 0x81, WEIGHT = 0x82, RESET = 0x83 };

/* Events that wait for the line. */
static struct {
  bool reset, inputs, ended, weight;
} news;
static uint32_t last_ms;

void bridge_begin(void) {
  record_boot();
  job_boot();
  link_begin();
  requests_begin();
  machine_forget();
  last_ms = port_now();
  news.reset = true;
  news.inputs = news.ended = news.weight = false;
}

static bool ms_passed(void) {
  const uint32_t now = port_now();
  if (now - last_ms < PORT_TICKS_PER_MS) return false;
  last_ms = now;
  return true;
}

static void put_inputs(void) {
  link_u8(inputs_contacts());
  link_u8(inputs_fitted());
  link_u32(inputs_empty());
}

static void put_end(void) {
  link_event(ENDED);
  link_u32(record_job());
  link_u8(record_ended());
  put_inputs();
}

static void put_weight(void) {
  link_event(WEIGHT);
  link_u32(scale_read_at());
  link_u32((uint32_t)scale_counts());
}

/* One at a time, the inputs before the end that they may have caused. */
static void tell_news(void) {
  if (news.reset) {
    link_event(RESET);
    link_u8(port_reset_cause());
    news.reset = false;
  } else if (requests_session() == 0) {
    return;
  } else if (news.inputs) {
    link_event(INPUTS);
    put_inputs();
    news.inputs = false;
  } else if (news.ended) {
    put_end();
    news.ended = false;
  } else if (news.weight) {
    put_weight();
    news.weight = false;
  } else {
    return;
  }
  link_finish();
}

static void gather_news(void) {
  if (machine_watch(ms_passed())) news.inputs = true;
  if (job_ended_lately()) news.ended = true;
  if (scale_poll()) news.weight = true;
}

/* What happened in one session is no news in the next. */
static void serve(void) {
  struct request request;
  const uint32_t session = requests_session();
  if (!link_request(&request)) return;
  switch (requests_serve(&request)) {
    case LATER: return;
    case SERVED: link_done(); break;
    default: link_drop();
  }
  if (requests_session() == session) return;
  (void)job_ended_lately();
  news.reset = news.inputs = news.ended = news.weight = false;
}

void bridge_turn(void) {
  if (job_is_kept()) port_watchdog_kick();
  gather_news();
  if (!link_sending()) serve();
  if (!link_sending()) tell_news();
  link_send();
}
