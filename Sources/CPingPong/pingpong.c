#include "pingpong.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

enum { largest_message = 1 << 16 };

struct echo {
    void *socket;
    int rounds;
    size_t reply_bytes;
    int error;
};

static double microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

static void *run_echo(void *argument) {
    struct echo *echo = argument;
    char peer[256];
    char *payload = calloc(1, largest_message);
    for (int i = 0; i < echo->rounds && !echo->error; i++) {
        int peer_bytes = zmq_recv(echo->socket, peer, sizeof peer, 0);
        if (peer_bytes < 0 || zmq_recv(echo->socket, payload, largest_message, 0) < 0 ||
            zmq_send(echo->socket, peer, (size_t)peer_bytes, ZMQ_SNDMORE) < 0 ||
            zmq_send(echo->socket, payload, echo->reply_bytes, 0) < 0) {
            echo->error = zmq_errno();
        }
    }
    free(payload);
    return NULL;
}

static int ping(void *dealer, int rounds, size_t request_bytes, double *times) {
    char *payload = calloc(1, largest_message);
    int error = 0;
    for (int i = 0; i < rounds && !error; i++) {
        double start = microseconds();
        if (zmq_send(dealer, payload, request_bytes, 0) < 0 || zmq_recv(dealer, payload, largest_message, 0) < 0) {
            error = zmq_errno();
        }
        times[i] = microseconds() - start;
    }
    free(payload);
    return error;
}

int foretoken_pingpong(int rounds, size_t request_bytes, size_t reply_bytes, double *times) {
    if (rounds < 1 || request_bytes > largest_message || reply_bytes > largest_message) return EINVAL;
    void *here = zmq_ctx_new(), *there = zmq_ctx_new();
    void *dealer = zmq_socket(here, ZMQ_DEALER), *router = zmq_socket(there, ZMQ_ROUTER);
    // Neither side waits for ever should the other have failed.
    int patience = 10000, linger = 0, error = 0;
    void *sockets[] = {dealer, router};
    for (int i = 0; i < 2; i++) {
        zmq_setsockopt(sockets[i], ZMQ_RCVTIMEO, &patience, sizeof patience);
        zmq_setsockopt(sockets[i], ZMQ_SNDTIMEO, &patience, sizeof patience);
        zmq_setsockopt(sockets[i], ZMQ_LINGER, &linger, sizeof linger);
    }
    char address[256];
    size_t length = sizeof address;
    if (zmq_bind(router, "tcp://127.0.0.1:*") || zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, address, &length) ||
        zmq_connect(dealer, address)) {
        error = zmq_errno();
    } else {
        struct echo echo = {router, rounds, reply_bytes, 0};
        pthread_t thread;
        error = pthread_create(&thread, NULL, run_echo, &echo);
        if (!error) {
            error = ping(dealer, rounds, request_bytes, times);
            pthread_join(thread, NULL);
            if (!error) error = echo.error;
        }
    }
    zmq_close(dealer);
    zmq_close(router);
    zmq_ctx_term(here);
    zmq_ctx_term(there);
    return error;
}
