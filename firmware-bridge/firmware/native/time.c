/* The board's time: events happen at their ticks, whenever the computer comes round to them. */
#include "bridge.h"
#include "job.h"
#include "port.h"
#include "world.h"

#define WATCHDOG_TICKS (120 * PORT_TICKS_PER_MS)

static bool is_reached(uint32_t tick, uint32_t now) {
  return (int32_t)(now - tick) >= 0;
}

uint32_t board_next_event(void) {
  uint32_t next = board_time.now + PORT_TICKS_PER_MS;
  if (board_time.alarm_set && is_reached(board_time.alarm, next)) next = board_time.alarm;
  if (board_time.tending && is_reached(board_time.tend_at, next)) next = board_time.tend_at;
  return is_reached(next, board_time.now) ? board_time.now : next;
}

static void do_what_is_due(void) {
  if (board_time.alarm_set && is_reached(board_time.alarm, board_time.now)) {
    board_time.alarm_set = false;
    job_alarm();
  }
  if (board_time.tending && is_reached(board_time.tend_at, board_time.now)) {
    board_time.tend_at = board_time.now + PORT_TICKS_PER_MS;
    job_tend();
  }
  if (!board_time.hangs) bridge_turn();
  if (board_time.now - board_time.kicked > WATCHDOG_TICKS) board_watchdog_bites();
}

void board_run_up_to(uint32_t tick) {
  do_what_is_due();
  while (board_time.now != tick) {
    const uint32_t next = board_next_event();
    board_time.now = is_reached(next, tick) ? next : tick;
    do_what_is_due();
  }
}
