/* A server from C: made, asked over a socket, stopped and freed, in every order that a host may choose. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

static pmt_server* make(void) {
  pmt_server* server = NULL;
  pmt_server_options options;
  PMT_INIT(pmt_server_options, options);
  CHECK(options.struct_size == sizeof options && options.port == 1234 && options.host == NULL);
  options.port = 0;
  options.inbox = "";
  ACCEPTED(pmt_server_create(NULL, &options, NULL, &server, err));
  CHECK(pmt_server_port(server) > 0);
  return server;
}

/* Whether GET /health is answered with 200. */
static int is_healthy(const pmt_server* server) {
  const char request[] = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  char answer[512] = "";
  struct sockaddr_in address;
  int client = socket(AF_INET, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)pmt_server_port(server));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, (struct sockaddr*)&address, sizeof address) != 0 ||
      write(client, request, sizeof request - 1) < 0 || read(client, answer, sizeof answer - 1) < 0)
    answer[0] = '\0';
  close(client);
  return strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

static void* run(void* server) {
  ACCEPTED(pmt_server_run(server, err));
  return NULL;
}

int main(void) {
  pmt_server* server = make();
  pthread_t thread;
  pmt_server_options options;

  ACCEPTED(pmt_server_start(server, err));
  CHECK(is_healthy(server));
  REFUSED(PMT_E_BUSY, pmt_server_start(server, err));
  REFUSED(PMT_E_BUSY, pmt_server_run(server, err));
  pmt_server_free(server);

  server = make();
  pthread_create(&thread, NULL, run, server);
  CHECK(is_healthy(server));
  pmt_server_stop(server);
  pthread_join(thread, NULL);
  CHECK(!is_healthy(server));
  pmt_server_free(server);

  server = make(); /* stopped before it runs */
  pmt_server_stop(server);
  ACCEPTED(pmt_server_run(server, err));
  pmt_server_free(server);
  pmt_server_free(make()); /* never run */

  PMT_INIT(pmt_server_options, options);
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_server_create(NULL, &options, NULL, NULL, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_server_run(NULL, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_server_start(NULL, err));
  server = NULL;
  options.host = "0.0.0.0";
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_server_create(NULL, &options, NULL, &server, err));
  options.host = NULL;
  options.threads = 0;
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_server_create(NULL, &options, NULL, &server, err));
  CHECK(server == NULL);
  FINISH();
}
