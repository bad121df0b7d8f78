# HTML from Markdown, as much of it as README.md and the results in bench/ use:
# headings, paragraphs, tables, lists, fenced code; in a line code, bold,
# emphasis, links and images. Comments go. A name(1), and code that begins with
# a tool's name, is a link to its page.
# variables: pages, the names of the pages' files, a line each

BEGIN {
	n = split(pages, list, "\n")
	for (i = 1; i <= n; i++) {
		name = list[i]
		sub(/\.[0-9]$/, "", name)
		page_of[name] = list[i]
	}
}

function escape(s) {
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	gsub(/"/, "\\&quot;", s)
	return s
}

function link(to, text) {
	return "<a href=\"" escape(to) "\">" text "</a>"
}

function code(s,   word) {
	word = s
	sub(/ .*/, "", word)
	s = "<code>" escape(s) "</code>"
	return word in page_of && word != "couplet" ? link(page_of[word] ".html", s) : s
}

# One piece of a line that stands out.
function piece(s,   at, text, to) {
	if (s ~ /^`/)
		return code(substr(s, 2, length(s) - 2))
	if (s ~ /^\*\*/)
		return "<strong>" inline(substr(s, 3, length(s) - 4)) "</strong>"
	if (s ~ /^\*/)
		return "<em>" escape(substr(s, 2, length(s) - 2)) "</em>"
	if (s ~ /^!?\[/) {
		at = index(s, "](")
		to = substr(s, at + 2, length(s) - at - 2)
		text = substr(s, 1, at - 1)
		if (sub(/^!\[/, "", text))
			return "<img src=\"" escape(to) "\" alt=\"" escape(text) "\">"
		return link(to, inline(substr(text, 2)))
	}
	at = s
	sub(/\(.*/, "", at)
	if (page_of[at] == at "." substr(s, length(s) - 1, 1))
		return link(page_of[at] ".html", escape(s))
	return escape(s)
}

function inline(s,   made, from, len) {
	made = ""
	while (match(s, /`[^`]+`|!?\[[^]]*\]\([^)]*\)|\*\*[^*]+\*\*|\*[^* ][^*]*\*|[a-z][a-z-]*\([1-9]\)/)) {
		from = RSTART
		len = RLENGTH
		made = made escape(substr(s, 1, from - 1)) piece(substr(s, from, len))
		s = substr(s, from + len)
	}
	return made escape(s)
}

function end_item() {
	print "<li>" inline(text) "</li>"
	text = ""
}

# What is gathered until a line says that it has ended.
function end_block() {
	if (items) {
		end_item()
		print "</ul>"
	}
	if (text != "")
		print "<p>" inline(text) "</p>"
	if (rows)
		print "</table></div>"
	text = ""
	rows = items = 0
}

function heading(level, s,   id) {
	end_block()
	id = tolower(s)
	gsub(/[^a-z0-9 -]/, "", id)
	gsub(/ /, "-", id)
	printf "<h%d id=\"%s\">%s</h%d>\n", level, id, inline(s), level
}

# A bar within a cell is written \|. What has many columns says so.
function row(s,   cells, i, n, mark, cell) {
	gsub(/\\\|/, "\001", s)
	n = split(s, cells, "|")
	if (!rows++)
		print "<div class=\"wide\"><table" (n > 6 ? " class=\"many\"" : "") ">"
	mark = rows == 1 ? "th" : "td"
	printf "<tr>"
	for (i = 2; i < n; i++) {
		cell = cells[i]
		gsub(/^ +| +$/, "", cell)
		gsub(/\001/, "|", cell)
		printf "<%s>%s</%s>", mark, inline(cell), mark
	}
	print "</tr>"
}

/^```/ {
	end_block()
	inside = !inside
	print inside ? "<pre>" : "</pre>"
	next
}
inside { print escape($0); next }
/^<!--.*-->$/ { next }
/^#+ / { heading(index($0, " ") - 1, substr($0, index($0, " ") + 1)); next }
/^\|[-|: ]+\|$/ { next }
/^\|/ { if (!rows) end_block(); row($0); next }
/^- / {
	if (items) {
		end_item()
	} else {
		end_block()
		items = 1
		print "<ul>"
	}
	text = substr($0, 3)
	next
}
/^$/ { end_block(); next }
{ text = text (text == "" ? "" : " ") $0 }
END { end_block() }
