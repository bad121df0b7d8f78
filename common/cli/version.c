/* SPDX-License-Identifier: MIT */
#include <ares.h>
#include <expat.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stringprep.h>
#include <strophe.h>
#include <yaml.h>

#include "../base/confine.h"
#include "../base/version.h"
#include "parts.h"

/* Only the tools that read JSON load it: the others are not to do so for the
 * sake of a line. */
#pragma weak jansson_version_str

/* libstrophe does not tell its version, but says yes to its own and to each
 * later one of the same major number; the third number is not to be had. */
static void print_strophe(void)
{
	for (int n = 0; n < 1000; n++)
		if (xmpp_version_check(n / 100, n % 100)) {
			printf("libstrophe %d.%d", n / 100, n % 100);
			return;
		}
	fputs("libstrophe", stdout);
}

/* Of the libraries as they are loaded, whatever the headers were. */
static void print_libraries(void)
{
	XML_Expat_Version expat = XML_ExpatVersionInfo();

	fputs("libraries: ", stdout);
	print_strophe();
	printf(", OpenSSL %s, expat %d.%d.%d, c-ares %s, libyaml %s, libidn %s",
	       OpenSSL_version(OPENSSL_FULL_VERSION_STRING), expat.major,
	       expat.minor, expat.micro, ares_version(NULL),
	       yaml_get_version_string(), stringprep_check_version(NULL));
	if (jansson_version_str)
		printf(", jansson %s", jansson_version_str());
	fputs("\n", stdout);
}

void cpl_cli_version(const struct cpl_cli *cli)
{
	printf("%s %s\n", cli->prog, CPL_VERSION);
	print_libraries();
	printf("features: IDN IPv6 SRV direct-TLS STARTTLS SCRAM-PLUS EXTERNAL "
	       "SASL2 FAST XEP-0198 XEP-0474 SOCKS5 XML JSON%s\n",
	       cpl_confine_built() ? " Landlock" : "");
}
