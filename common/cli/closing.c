/* SPDX-License-Identifier: MIT
 *
 * What a run still needs of the file system when its options, configuration and
 * password are read. */
#include <errno.h>
#include <libgen.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "../base/confine.h"
#include "run.h"

/* Libraries are loaded late (for names, character sets, ciphers), and the
 * resolver looks anew at its files in /etc, which may be links to elsewhere. */
static const char *const system_places[] = {"/etc",   "/usr",  "/lib", "/lib32",
					    "/lib64", "/opt",  "/nix", "/gnu",
					    "/run",   "/proc", "/sys"};
static const char *const system_files[] = {
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf"};
static const char *const variables[] = {"HOSTALIASES", "OPENSSL_CONF",
					"OPENSSL_MODULES"};

/* Whether one of those below had no memory: what it was to allow is not, and
 * would be denied to who needs it. */
struct closing {
	struct cpl_confine confine;
	int nomem;
};

typedef void allow(const struct cpl_confine *c, const char *path);

/* The folder in which a path is: there a file is replaced by another one. */
static void allow_beside(struct closing *c, const char *path, allow *what)
{
	char *copy = strdup(path);

	if (copy)
		what(&c->confine, dirname(copy));
	else
		c->nomem = 1;
	free(copy);
}

/* Where the path leads to, and what is beside that. */
static void allow_target(struct closing *c, const char *path, allow *what)
{
	char *real = realpath(path, NULL);

	if (real) {
		what(&c->confine, real);
		allow_beside(c, real, what);
	} else if (errno == ENOMEM) {
		c->nomem = 1;
	}
	free(real);
}

/* The same, and what is beside the path itself. */
static void allow_file(struct closing *c, const char *path, allow *what)
{
	if (!path || strcmp(path, "-") == 0)
		return;
	allow_beside(c, path, what);
	allow_target(c, path, what);
}

/* The folder, or where it will be made, and those above it (config/state.h). */
static void allow_folder(struct closing *c, const char *path)
{
	char *copy = strdup(path), *real = NULL;
	char *at = copy;

	for (int above = 0; at && above <= 3; above++) {
		real = realpath(at, NULL);
		if (real || errno != ENOENT)
			break;
		at = dirname(at);
	}
	if (real)
		cpl_confine_write(&c->confine, real);
	else if (!copy || errno == ENOMEM)
		c->nomem = 1;
	free(real);
	free(copy);
}

static void allow_system(struct closing *c)
{
	const char *dir = getenv(X509_get_default_cert_dir_env());
	const char *file = getenv(X509_get_default_cert_file_env());

	for (size_t i = 0; i < sizeof system_places / sizeof *system_places;
	     i++)
		cpl_confine_read(&c->confine, system_places[i]);
	for (size_t i = 0; i < sizeof system_files / sizeof *system_files; i++)
		allow_target(c, system_files[i], cpl_confine_read);
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		allow_file(c, getenv(variables[i]), cpl_confine_read);
	cpl_confine_read(&c->confine, dir ? dir : X509_get_default_cert_dir());
	allow_file(c, file ? file : X509_get_default_cert_file(),
		   cpl_confine_read);
	cpl_confine_devices(&c->confine, "/dev");
}

void cpl_run_confine(struct cpl_run *run)
{
	const struct cpl_settings *set = &run->cli.settings;
	const char *state = cpl_cli_state_folder(&run->cli);
	struct closing c = {.nomem = 0};

	if (!cpl_setting_true(set, CPL_SET_LANDLOCK, 1))
		return;
	if (cpl_confine_begin(&c.confine) < 0) {
		cpl_log(&run->cli.log, CPL_LOG_DEBUG,
			"no Landlock: the file system stays open");
		return;
	}
	allow_system(&c);
	allow_file(&c, cpl_setting(set, CPL_SET_CA_FILE), cpl_confine_read);
	allow_file(&c, cpl_setting(set, CPL_SET_CLIENT_CERT), cpl_confine_read);
	allow_file(&c, cpl_setting(set, CPL_SET_CLIENT_KEY), cpl_confine_read);
	if (state)
		allow_folder(&c, state);
	for (size_t i = 0; i < sizeof run->files / sizeof *run->files; i++)
		allow_file(&c, run->files[i], cpl_confine_write);
	if (c.nomem) {
		cpl_confine_drop(&c.confine);
		cpl_run_no_memory(run);
	} else if (cpl_confine_end(&c.confine) < 0) {
		cpl_log(&run->cli.log, CPL_LOG_DEBUG,
			"Landlock: %s; the file system stays open",
			strerror(errno));
	} else {
		cpl_log(&run->cli.log, CPL_LOG_DEBUG,
			"what is not needed of the file system is closed");
	}
}
