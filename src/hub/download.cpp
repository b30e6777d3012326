#include "hub/download.hpp"

#include <charconv>

#include "base/fail.hpp"
#include "hub/limits.hpp"
#include "hub/part_file.hpp"

namespace pmtune::hub {
namespace {

// A number in a header; -1 for anything else.
std::int64_t number_of(std::string_view text) {
  std::int64_t value = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? value : -1;
}

// Only strong ETags may be compared for going on with a download (RFC 9110, 13.1.5); they are sent back as they are.
std::string strong_etag(const HttpHead& head) {
  const std::string* etag = head.find("etag");
  if (!etag || etag->size() < 2 || etag->size() > limits::longest_etag || etag->front() != '"' || etag->back() != '"')
    return "";
  for (const char c : *etag)
    if (c < 0x20 || c >= 0x7F) return "";
  return *etag;
}

// "bytes 100-199/200": does the part begin where ours ends, and belong to a file of that size?
bool continues_at(const HttpHead& head, std::int64_t start, std::int64_t size) {
  const std::string* range = head.find("content-range");
  return range && *range == concat("bytes ", start, "-", size - 1, "/", size);
}

class TextSink : public HttpSink {
 public:
  TextSink(const Download& download, std::size_t most) : download_(download), most_(most) {}
  bool on_head(const HttpHead& head) override {
    head_ = head;
    text_.clear();
    return head.status == 200;
  }
  void on_body(std::string_view bytes) override {
    if (bytes.size() > most_ - text_.size())
      fail(Code::corrupt, download_.subject, ": the server's answer is longer than ", most_,
           " bytes, which no answer is; check the address of the server.");
    text_ += bytes;
    download_.meter.look_up();
  }
  void on_wait() override { download_.meter.look_up(); }
  const HttpHead& head() const { return head_; }
  std::string& text() { return text_; }

 private:
  const Download& download_;
  std::size_t most_;
  HttpHead head_;
  std::string text_;
};

// Puts what arrives behind what is there.
class FileSink : public HttpSink {
 public:
  FileSink(const Download& download, const RemoteFile& file, PartFile& part)
      : download_(download), file_(file), part_(part) {}

  bool on_head(const HttpHead& head) override {
    head_ = head;
    part_.next_piece();
    const std::string etag = strong_etag(head);
    if (head.status == 200) {
      begin_anew(etag);
      check_announced(head);
      return true;
    }
    if (head.status == 416) begin_anew("");
    if (head.status != 206) return false;
    if (part_.length() == 0) begin_anew(etag);
    const bool other = !etag.empty() && !part_.etag().empty() && etag != part_.etag();
    if (!other && continues_at(head, part_.length(), file_.size)) return true;
    begin_anew("");  // it is not the part that was asked for; the next attempt asks for everything
    return false;
  }
  void on_body(std::string_view bytes) override {
    if (static_cast<std::int64_t>(bytes.size()) > file_.size - part_.length()) {
      part_.discard();
      fail(Code::corrupt, "The server sends more of ", file_.name, " than the ", file_.size,
           " bytes that it lists; nothing of it was kept.");
    }
    part_.append(bytes);
    download_.meter.arrived(static_cast<std::int64_t>(bytes.size()));
  }
  void on_wait() override { download_.meter.look_up(); }
  const HttpHead& head() const { return head_; }

 private:
  void begin_anew(const std::string& etag) {
    download_.meter.found(-part_.length());
    part_.restart(etag);
  }
  // A log-in page of the network, for example.
  void check_announced(const HttpHead& head) const {
    const std::string* length = head.find("content-length");
    if (length && number_of(*length) != file_.size)
      fail(Code::corrupt, "The server announces ", *length, " bytes of ", file_.name, ", but lists ", file_.size,
           "; check whether something on the way (a log-in page, a proxy) answers in its place, and try again.");
  }

  const Download& download_;
  const RemoteFile& file_;
  PartFile& part_;
  HttpHead head_;
};

// Requests until everything is there.
void fill(const Download& download, const Url& url, const RemoteFile& file, PartFile& part) {
  Patience patience(download.retries, url.host);
  std::int64_t last_length = part.length();
  while (!part.whole()) {
    Headers headers;
    if (part.length() > 0) {
      headers.emplace_back("Range", concat("bytes=", part.length(), "-"));
      if (!part.etag().empty()) headers.emplace_back("If-Range", part.etag());
    }
    FileSink sink(download, file, part);
    const HttpEnd end = download.session.get(url, headers, sink);
    if (part.whole()) return;
    const int status = sink.head().status;
    const bool asked_again = status == 0 || status == 200 || status == 206 || status == 416 || is_passing(status);
    if (!asked_again)
      download.session.fail_refused(sink.head(), download.subject + ", file " + file.name, download.page);
    if (part.length() - last_length >= limits::good_progress) patience.renew();
    last_length = part.length();
    patience.wait(end, sink.head(), download.meter);
  }
}

[[noreturn]] void fail_wrong(const RemoteFile& file, const PartFile& part) {
  part.discard();
  fail(Code::corrupt, "What arrived as ", file.name, " is not the file that the server lists (its checksum is ",
       file.checksum.hex, "); nothing of it was kept. Try again, or take another server.");
}

}  // namespace

std::string fetch_text(const Download& download, const Url& url, std::size_t most) {
  Patience patience(download.retries, url.host);
  for (;;) {
    TextSink sink(download, most);
    const HttpEnd end = download.session.get(url, {}, sink);
    const int status = sink.head().status;
    if (status == 200 && end == HttpEnd::complete) return std::move(sink.text());
    if (status != 0 && status != 200 && !is_passing(status))
      download.session.fail_refused(sink.head(), download.subject, download.page);
    patience.wait(end, sink.head(), download.meter);
  }
}

void fetch_file(const Download& download, const Url& url, const RemoteFile& file,
                const std::filesystem::path& folder) {
  const auto on_read = [&](std::int64_t bytes) { download.meter.found(bytes); };
  const std::filesystem::path path = folder / file.name;
  if (is_there(path, file, on_read)) return forget_part(path);
  PartFile part(path, file, on_read);
  for (bool again = false;; again = true) {
    fill(download, url, file, part);
    const bool one_piece = part.in_one_piece();
    if (part.is_right()) return part.finish();
    download.meter.found(-part.length());
    if (one_piece || again) fail_wrong(file, part);
    part.restart("");  // a piece of an earlier attempt may be to blame: once more, in one
  }
}

}  // namespace pmtune::hub
