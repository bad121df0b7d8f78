/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/pipe.h"

extern char **environ;

static int is_replaced(const char *variable, const char *const *added)
{
	size_t len = strcspn(variable, "=") + 1;

	for (; *added; added++)
		if (strncmp(variable, *added, len) == 0)
			return 1;
	return 0;
}

/* Our environment with what is added to it; the array is the caller's. */
static const char **make_env(const char *const *added)
{
	static const char *const none[] = {NULL};
	size_t n = 0;
	const char **env;

	added = added ? added : none;
	for (char **v = environ; v && *v; v++)
		n++;
	for (const char *const *v = added; *v; v++)
		n++;
	env = malloc((n + 1) * sizeof *env);
	if (!env)
		return NULL;
	n = 0;
	for (char **v = environ; v && *v; v++)
		if (!is_replaced(*v, added))
			env[n++] = *v;
	while (*added)
		env[n++] = *added++;
	env[n] = NULL;
	return env;
}

/* In the child, where no handler of ours may run any more. What was ignored
 * when we were started (nohup) stays so; SIGPIPE the loop ignores. */
static void reset_signals(const sigset_t *mask)
{
	static const int ours[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction now;

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (sigaction(ours[i], NULL, &now) == 0 &&
		    now.sa_handler != SIG_IGN)
			signal(ours[i], SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

/* The ends that the child gets and ours beside them. */
struct pipes {
	int in[2], out[2], err[2], unable[2];
};

/* In the child: only what is safe after fork(). */
static void become(const struct cpl_spawn *s, char *const *argv,
		   const char **env, const struct pipes *p,
		   const sigset_t *mask, pid_t parent)
{
	int why;

	setpgid(0, 0);
	reset_signals(mask);
	/* Should we be killed: nobody would be there to read the answer. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && dup2(p->in[0], STDIN_FILENO) >= 0 &&
	    (s->keeps_stdout || dup2(p->out[1], STDOUT_FILENO) >= 0) &&
	    dup2(p->err[1], STDERR_FILENO) >= 0) {
		environ = (char **)env;
		execvp(argv[0], argv);
	}
	why = errno;
	if (write(p->unable[1], &why, sizeof why) < 0) {
		/* Then the exit status alone has to tell. */
	}
	_exit(127);
}

static void close_pipe(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static int open_pipes(struct pipes *p, struct cpl_err *e)
{
	if (cpl_pipe(p->in, e) == 0 && cpl_pipe(p->out, e) == 0 &&
	    cpl_pipe(p->err, e) == 0 && cpl_pipe(p->unable, e) == 0)
		return 0;
	return -1;
}

/* Ours must not block; the child's are other ends and do. */
static void keep_ends(struct cpl_spawn *s, struct pipes *p)
{
	int *ends[] = {&p->in[1], &p->out[0], &p->err[0], &p->unable[0]};
	int *kept[] = {&s->in, &s->out, &s->err, &s->unable};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		fcntl(*ends[i], F_SETFL, O_NONBLOCK);
		*kept[i] = *ends[i];
		*ends[i] = -1;
	}
}

/* Every signal waits until the child has its own handling of it. */
static int fork_child(struct cpl_spawn *s, char *const *argv, const char **env,
		      const struct pipes *p, struct cpl_err *e)
{
	pid_t parent = getpid();
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	s->pid = fork();
	if (s->pid == 0)
		become(s, argv, env, p, &before, parent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (s->pid < 0)
		return cpl_err_errno(e, CPL_SYSTEM, "fork");
	setpgid(s->pid, s->pid); /* whoever is first */
	return 0;
}

int cpl_spawn(struct cpl_spawn *s, char *const *argv, const char *const *env,
	      struct cpl_err *e)
{
	struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	const char **whole = make_env(env);
	int result = -1;

	if (!whole)
		cpl_err_nomem(e);
	else if (open_pipes(&p, e) == 0)
		result = fork_child(s, argv, whole, &p, e);
	if (result == 0)
		keep_ends(s, &p);
	close_pipe(p.in);
	close_pipe(p.out);
	close_pipe(p.err);
	close_pipe(p.unable);
	free(whole);
	return result;
}

/* --- is it there? ------------------------------------------------------ */

static int is_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return access(path, X_OK) == 0;
	errno = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
	return 0;
}

int cpl_spawn_find(const char *command, struct cpl_err *e)
{
	const char *path = getenv("PATH");
	int found = 0, why = ENOENT;

	if (strchr(command, '/')) {
		found = is_executable(command);
		why = errno;
		path = "";
	}
	/* Without PATH execvp() has one of its own. */
	for (const char *p = path ? path : "/bin:/usr/bin"; !found && *p;) {
		struct cpl_buf file = CPL_BUF_INIT(64 * 1024);
		int len = (int)strcspn(p, ":");

		found = cpl_buf_addf(&file, "%.*s%s%s", len, p, len ? "/" : "",
				     command) == 0 &&
			is_executable(file.data);
		if (!found && errno == EACCES)
			why = EACCES;
		cpl_buf_release(&file);
		p += len + (p[len] == ':');
	}
	if (found)
		return 0;
	errno = why;
	return cpl_err_errno(e, CPL_USAGE, "%s", command);
}
