#include "tests/bench/storm/http.hpp"

#include <strings.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <utility>

#include "tests/bench/storm/websocket.hpp"

namespace storm {

namespace {

/// The value of a header of `head`, "" when it is not there.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        ::strncasecmp(line.data(), name.data(), name.size()) != 0)
      continue;
    const std::size_t begin = line.find_first_not_of(' ', name.size() + 1);
    return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
  }
  return {};
}

/// Head and body, when both are all there; 0 otherwise.
std::size_t messageLength(std::string_view text) {
  const std::size_t head = headLength(text);
  if (head == 0) return 0;
  const std::size_t body =
      std::strtoul(std::string(header(text.substr(0, head), "Content-Length")).c_str(), nullptr, 10);
  return text.size() - head >= body ? head + body : 0;
}

class Client final : public Source {
 public:
  Client(Loop& loop, int fd, std::function<void(const Reply&)> done)
      : loop_(loop), done_(std::move(done)), wire_(loop, *this, fd, nullptr, true) {}
  void send(const std::string& text) { wire_.send(text); }

  void ready(std::uint32_t events) override {
    if (!wire_.open()) return;
    bool open = wire_.advance(events);
    if (open) open = wire_.receive([this](char* data, std::size_t size) { return text_.append(data, size), size; });
    Reply reply;
    if (const std::size_t length = messageLength(text_)) {
      const std::size_t head = headLength(text_);
      reply.status = std::atoi(text_.c_str() + text_.find(' '));
      reply.body = text_.substr(head, length - head);
      open = false;
    }
    if (open) return;
    wire_.close();
    loop_.letGo(*this);
    done_(reply);
  }

 private:
  Loop& loop_;
  std::function<void(const Reply&)> done_;
  Wire wire_;
  std::string text_;
};

class Connection final : public Source {
 public:
  Connection(Loop& loop, const Handle& handle, int fd)
      : loop_(loop), handle_(handle), wire_(loop, *this, fd, nullptr, false) {}

  void ready(std::uint32_t events) override {
    if (!wire_.open()) return;
    if (wire_.advance(events) && wire_.receive([this](char* data, std::size_t size) { return take({data, size}); }))
      return;
    wire_.close();
    loop_.letGo(*this);
  }

 private:
  std::size_t take(std::string_view text) {
    std::size_t used = 0;
    while (const std::size_t length = messageLength(text.substr(used))) {
      const std::string_view message = text.substr(used, length);
      used += length;
      const std::size_t method = message.find(' '), target = message.find(' ', method + 1);
      const Reply reply = handle_(message.substr(0, method), message.substr(method + 1, target - method - 1),
                                  message.substr(headLength(message)));
      wire_.send("HTTP/1.1 " + std::to_string(reply.status) +
                 " -\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(reply.body.size()) +
                 "\r\n\r\n" + reply.body);
    }
    return used;
  }

  Loop& loop_;
  const Handle& handle_;
  Wire wire_;
};

}  // namespace

void request(Loop& loop, int port, const std::string& method, const std::string& target, const std::string& type,
             const std::string& body, std::function<void(const Reply&)> done) {
  int fd = -1;
  try {
    fd = connectTo(port);
  } catch (const std::exception&) {
    return done({});
  }
  Client& client = loop.keep(std::make_unique<Client>(loop, fd, std::move(done)));
  client.send(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
              "\r\nConnection: close\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
}

HttpServer::HttpServer(Loop& loop, Handle handle)
    : loop_(loop), handle_(std::move(handle)), fd_(listenSomewhere(port_)) {
  loop_.add(fd_, *this, false);
}

HttpServer::~HttpServer() { ::close(fd_); }

void HttpServer::ready(std::uint32_t) {
  for (int fd = acceptNext(fd_); fd >= 0; fd = acceptNext(fd_))
    loop_.keep(std::make_unique<Connection>(loop_, handle_, fd));
}

std::string formField(std::string_view form, std::string_view name) {
  for (std::size_t at = 0; at < form.size();) {
    const std::string_view field = form.substr(at, form.find('&', at) - at);
    at += field.size() + 1;
    if (field.size() <= name.size() || field[name.size()] != '=' || field.substr(0, name.size()) != name) continue;
    std::string value;
    for (std::size_t i = name.size() + 1; i < field.size(); ++i) {
      if (field[i] == '%' && i + 2 < field.size()) {
        value += char(std::strtoul(std::string(field.substr(i + 1, 2)).c_str(), nullptr, 16));
        i += 2;
      } else {
        value += field[i] == '+' ? ' ' : field[i];
      }
    }
    return value;
  }
  return {};
}

std::string percentEncoded(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-')
      out += c;
    else
      out.append(1, '%').append(1, digits[std::uint8_t(c) >> 4]).append(1, digits[c & 15]);
  }
  return out;
}

}  // namespace storm
