#ifndef FORETOKEN_PINGPONG_H
#define FORETOKEN_PINGPONG_H
#include <stddef.h>

/// The floor under every protocol over libzmq: round trips of bare blocking sockets, DEALER to ROUTER over TCP
/// loopback, each in a thread and a context of its own.
///
/// Writes `rounds` times, in microseconds, to `times`. Returns 0, or the errno of what failed.
int foretoken_pingpong(int rounds, size_t request_bytes, size_t reply_bytes, double *times);

#endif
