// The floor of the protocol: round trips of bare libzmq, DEALER to ROUTER over TCP loopback, each in a thread of its own.
//
//     cc -O2 -o pingpong pingpong.c -lzmq -lpthread && ./pingpong [round trips] [payload bytes]
//
// Prints one line of JSON; times are microseconds.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

static void *router;
static int rounds = 20000;
static size_t size = 64;

static void check(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static double microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

static void *echo(void *unused) {
    char peer[256], *payload = malloc(size);
    for (int i = 0; i < rounds; i++) {
        int peer_size = zmq_recv(router, peer, sizeof peer, 0);
        check(peer_size > 0, "zmq_recv");
        check(zmq_recv(router, payload, size, 0) == (int)size, "zmq_recv");
        check(zmq_send(router, peer, peer_size, ZMQ_SNDMORE) >= 0, "zmq_send");
        check(zmq_send(router, payload, size, 0) >= 0, "zmq_send");
    }
    free(payload);
    return unused;
}

static int ascending(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    if (count > 1) rounds = atoi(arguments[1]);
    if (count > 2) size = (size_t)atol(arguments[2]);
    if (rounds < 1 || size < 1) {
        fprintf(stderr, "usage: pingpong [round trips] [payload bytes]\n");
        return 64;
    }

    void *context = zmq_ctx_new();
    router = zmq_socket(context, ZMQ_ROUTER);
    void *dealer = zmq_socket(context, ZMQ_DEALER);
    check(zmq_bind(router, "tcp://127.0.0.1:*") == 0, "zmq_bind");
    char address[256];
    size_t length = sizeof address;
    check(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, address, &length) == 0, "zmq_getsockopt");
    check(zmq_connect(dealer, address) == 0, "zmq_connect");

    pthread_t thread;
    check(pthread_create(&thread, NULL, echo, NULL) == 0, "pthread_create");
    char *payload = calloc(1, size);
    double *times = malloc(rounds * sizeof *times);
    for (int i = 0; i < rounds; i++) {
        double start = microseconds();
        check(zmq_send(dealer, payload, size, 0) >= 0, "zmq_send");
        check(zmq_recv(dealer, payload, size, 0) == (int)size, "zmq_recv");
        times[i] = microseconds() - start;
    }
    pthread_join(thread, NULL);

    qsort(times, rounds, sizeof *times, ascending);
    printf("{\"round_trips\": %d, \"payload_bytes\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", rounds, size,
           times[rounds / 2], times[(size_t)(rounds * 0.99)]);

    free(times);
    free(payload);
    zmq_close(dealer);
    zmq_close(router);
    zmq_ctx_term(context);
    return 0;
}
