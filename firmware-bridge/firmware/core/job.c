#include "job.h"

#include <string.h>

#include "port.h"
#include "pumps.h"
#include "record.h"
#include "steps.h"

/* Edges at one tick, made ready before: the alarm has only to apply them. */
struct group {
  uint32_t at;
  struct port_image image;
};
/* As many ticks in a row can have edges before the tending must have come round. */
#define GROUPS 8
/* From ARM to the first edge: time to make the first groups ready. */
#define SHORTEST_DELAY PORT_TICKS_PER_MS

static struct {
  volatile bool running;
  /* Tended since the main loop last asked. */
  volatile bool tended;
  volatile bool ended_lately;
  uint8_t heed;
  uint8_t next_edge;
  uint32_t start, length;
  uint32_t lease_end;
  struct port_image ahead;
} job;

/* The alarm takes at the head, the tending puts at the tail. */
static struct group ring[GROUPS];
static volatile uint8_t head, tail;

static uint8_t next_group(uint8_t group) {
  return (uint8_t)(group + 1 == GROUPS ? 0 : group + 1);
}

/* What was applied last stays behind the head: nothing is put there before the head has gone on. */
static struct port_image *applied(void) {
  return &ring[head == 0 ? GROUPS - 1 : head - 1].image;
}

static bool is_due(uint32_t at) {
  return (int32_t)(port_now() - at) >= 0;
}

/* Puts all edges of the next tick that has any into a group. */
static void make_group(struct group *group) {
  const uint32_t at = steps_edge(job.next_edge).at;
  do {
    const struct edge edge = steps_edge(job.next_edge);
    if (edge.at != at) break;
    const uint16_t drive = edge.on ? record_row_drive(edge.row) : 0;
    pumps_put(&job.ahead, pumps_slot(record_row_pump(edge.row)), drive);
    job.next_edge++;
  } while (job.next_edge < steps_edges());
  group->at = job.start + at;
  group->image = job.ahead;
}

static void make_groups(void) {
  while (job.next_edge < steps_edges()) {
    const uint8_t after = next_group(tail);
    if (after == head) break;
    make_group(&ring[tail]);
    PORT_BARRIER();
    tail = after;
  }
}

void job_boot(void) {
  job.running = job.ended_lately = false;
  head = tail = 0;
}

uint32_t job_begin(const struct job_order *order) {
  job.length = order->rest;
  job.next_edge = 0;
  job.heed = order->heed;
  const uint8_t edges = steps_edges();
  if (edges > 0 && steps_edge((uint8_t)(edges - 1)).at > job.length) job.length = steps_edge((uint8_t)(edges - 1)).at;
  record_begin(order->number, steps_staged());
  steps_taken();
  port_image_clear(&job.ahead);
  head = tail = 0;
  port_image_clear(applied());
  job_renew(order->lease_ms);
  const uint32_t delay = order->delay < SHORTEST_DELAY ? SHORTEST_DELAY : order->delay;
  job.start = port_now() + delay;
  make_groups();
  const uint8_t before = port_lock();
  job.running = true;
  job_alarm();
  port_unlock(before);
  port_tending(true);
  return job.start;
}

bool job_running(void) {
  return job.running;
}

void job_renew(uint16_t lease_ms) {
  const uint32_t ticks = (uint32_t)lease_ms * 1000000 / PORT_TICK_NS;
  const uint32_t end = port_now() + (ticks > PORT_TENDING_TICKS ? ticks - PORT_TENDING_TICKS : 0);
  const uint8_t before = port_lock();
  job.lease_end = end;
  port_unlock(before);
}

/* Ticks of the job's own time now. */
static uint32_t own_time(void) {
  const uint32_t now = port_now();
  if ((int32_t)(now - job.start) < 0) return 0;
  const uint32_t elapsed = now - job.start;
  return elapsed < job.length ? elapsed : job.length;
}

void job_finish(enum end end) {
  struct port_image off;
  port_image_clear(&off);
  const uint8_t before = port_lock();
  port_image_apply(&off);
  const uint32_t elapsed = own_time();
  const bool ran = job.running;
  job.running = false;
  head = tail;
  port_unlock(before);
  if (!ran) return;
  port_tending(false);
  record_end(end, elapsed);
  memset(ring, 0, sizeof ring);
  memset(&job.ahead, 0, sizeof job.ahead);
  port_image_clear(applied());
  job.ended_lately = true;
}

void job_keep_off(void) {
  if (job.running) return;
  port_image_clear(applied());
  const uint8_t before = port_lock();
  port_image_apply(applied());
  port_unlock(before);
}

const struct port_image *job_image(void) {
  return applied();
}

bool job_is_kept(void) {
  const bool kept = !job.running || job.tended;
  job.tended = false;
  return kept;
}

uint8_t job_heeds(void) {
  return job.running ? job.heed : 0;
}

uint32_t job_elapsed(void) {
  return job.running ? own_time() : record_elapsed();
}

uint32_t job_executed(uint8_t row) {
  const uint32_t elapsed = job_elapsed(), start = record_row_start(row), stop = record_row_stop(row);
  if (elapsed <= start) return 0;
  return (elapsed < stop ? elapsed : stop) - start;
}

void job_alarm(void) {
  while (job.running && head != tail) {
    const struct group *const group = &ring[head];
    if (!port_await(group->at)) {
      port_alarm_set(group->at);
      if (!port_await(group->at)) return;
    }
    port_image_apply(&group->image);
    head = next_group(head);
    port_tend_soon();
  }
}

void job_tend(void) {
  if (!job.running) return;
  job.tended = true;
  if (is_due(job.lease_end)) {
    job_finish(END_LEASE);
    return;
  }
  make_groups();
  // the alarm may have found the ring empty just before there was something in it again
  const uint8_t before = port_lock();
  job_alarm();
  port_unlock(before);
  record_saw(own_time());
  const bool all_made = job.next_edge == steps_edges() && head == tail;
  if (all_made && is_due(job.start + job.length)) job_finish(END_DONE);
}

bool job_ended_lately(void) {
  const bool lately = job.ended_lately;
  if (lately) job.ended_lately = false;
  return lately;
}
