/* SPDX-License-Identifier: MIT */
#include "fastopen.h"

#include <linux/tcp.h> /* libc's own has not all of struct tcp_info */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Linux: net/tcp_states.h, which is nobody's header. */
#define SYN_SENT 2

void cpl_fastopen_ask(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
}

static int ask(int fd, struct tcp_info *out)
{
	socklen_t len = sizeof *out;

	memset(out, 0, sizeof *out);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &len);
}

int cpl_fastopen_pending(int fd)
{
	struct tcp_info info;

	return ask(fd, &info) == 0 && info.tcpi_state == SYN_SENT;
}

/* The SYN is the first byte that is acknowledged. */
int cpl_fastopen_unanswered(int fd)
{
	struct tcp_info info;

	return ask(fd, &info) == 0 && info.tcpi_bytes_acked == 0;
}
