#ifndef CZEROMQ_SHIM_H
#define CZEROMQ_SHIM_H
#include <zmq.h>

// Swift's view of the C library lacks these two.
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/timerfd.h>

static inline int czeromq_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int czeromq_timerfd(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

// Zeroes take the alarm back.
static inline int czeromq_timerfd_set(int file, long seconds, long nanoseconds) {
    struct itimerspec alarm = {{0, 0}, {seconds, nanoseconds}};
    return timerfd_settime(file, TFD_TIMER_ABSTIME, &alarm, 0);
}
#endif
#endif
