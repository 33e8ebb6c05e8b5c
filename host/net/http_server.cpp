#include "host/net/http_server.hpp"

#include "host/base/barrier.hpp"
#include "host/net/http_reception.hpp"
#include "host/net/ws_handshake.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace hookswitch::net {

namespace {

constexpr std::string_view kInternalError = "internal error";

/// What a handler holds to answer one request: the first call counts, and letting go without any is a fault of ours.
class Ticket {
 public:
  Ticket(std::shared_ptr<HttpMailbox> mailbox, std::uint64_t connection)
      : mailbox_(std::move(mailbox)), connection_(connection) {}

  ~Ticket() { answer(errorReply(500, kInternalError)); }

  void answer(HttpReply reply) {
    if (answered_.exchange(true)) return;
    if (reply.status < 200 || reply.status > 599) reply = errorReply(500, kInternalError);
    HttpMailbox::Answer answer;
    answer.connection = connection_;
    answer.reply = std::move(reply);
    mailbox_->put(std::move(answer));
  }

  void accept(std::string accept_key, UpgradeReply verdict) {
    if (answered_.exchange(true)) return;
    HttpMailbox::Answer answer;
    answer.connection = connection_;
    answer.accept_key = std::move(accept_key);
    answer.upgrade = std::move(verdict.accepted);
    mailbox_->put(std::move(answer));
  }

 private:
  std::shared_ptr<HttpMailbox> mailbox_;
  std::uint64_t connection_;
  std::atomic<bool> answered_{false};
};

/// What a source of further parts holds to deliver one of them.
class PartTicket {
 public:
  PartTicket(std::shared_ptr<HttpMailbox> mailbox, std::uint64_t connection)
      : mailbox_(std::move(mailbox)), connection_(connection) {}
  ~PartTicket() { answer(HttpMailbox::Answer::Kind::broken, {}); }

  void answer(HttpMailbox::Answer::Kind kind, std::string part) {
    if (answered_.exchange(true)) return;
    HttpMailbox::Answer answer;
    answer.connection = connection_;
    answer.kind = kind;
    answer.reply.body = std::move(part);
    mailbox_->put(std::move(answer));
  }

 private:
  std::shared_ptr<HttpMailbox> mailbox_;
  std::uint64_t connection_;
  std::atomic<bool> answered_{false};
};

void runHandler(HttpHandler& handler, const std::shared_ptr<const HttpRequest>& request,
                const std::shared_ptr<Ticket>& ticket) {
  // An exception's text may hold anything; the client learns that there was one and no more.
  try {
    if (!asksForWebSocket(*request)) {
      handler.handleLater(request, [ticket](HttpReply reply) { ticket->answer(std::move(reply)); });
      return;
    }
    HttpReply refusal = checkUpgrade(*request);
    if (refusal.status != 0) return ticket->answer(std::move(refusal));
    UpgradeReply verdict = handler.upgrade(*request);
    if (!verdict.accepted) return ticket->answer(std::move(verdict.refusal));
    ticket->accept(wsAcceptFor(request->header("Sec-WebSocket-Key")), std::move(verdict));
  } catch (...) {
    base::logCaught("http", "a request");
    ticket->answer(errorReply(500, kInternalError));
  }
}

}  // namespace

bool asksForWebSocket(const HttpRequest& request) {
  return !request.http_1_0 && headerHasToken(request.headers, "Upgrade", "websocket") &&
         headerHasToken(request.headers, "Connection", "upgrade");
}

HttpReply checkUpgrade(const HttpRequest& request) {
  const auto count = [&](std::string_view name) {
    return std::count_if(request.headers.begin(), request.headers.end(),
                         [&](const auto& header) { return equalsIgnoreCase(header.first, name); });
  };
  if (request.method != "GET") {
    HttpReply refusal = errorReply(405, "A WebSocket is opened with GET");
    refusal.headers.emplace_back("Allow", "GET");
    return refusal;
  }
  if (!request.body.empty()) return errorReply(400, "A request for a WebSocket must not have a body");
  if (count("Sec-WebSocket-Version") != 1 || request.header("Sec-WebSocket-Version") != "13") {
    HttpReply refusal = errorReply(426, "Sec-WebSocket-Version must be 13");
    refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
    refusal.headers.emplace_back("Upgrade", "websocket");
    return refusal;
  }
  if (count("Sec-WebSocket-Key") != 1 || !wsKeyIsValid(request.header("Sec-WebSocket-Key")))
    return errorReply(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  HttpReply good;
  good.status = 0;
  return good;
}

void HttpReception::dispatch(Id id, HttpConnection& connection) {
  const std::shared_ptr<const HttpRequest> request = connection.takeRequest();
  auto ticket = std::make_shared<Ticket>(mailbox_, id);
  if (workers_->queued() < options_.max_queued_requests &&
      workers_->post([handler = &handler_, request, ticket] { runHandler(*handler, request, ticket); }))
    return;
  HttpReply busy = errorReply(503, "Too many requests are waiting");
  busy.headers.emplace_back("Retry-After", "1");
  ticket->answer(std::move(busy));
}

void HttpReception::askForMore(Id id, HttpConnection& connection) {
  using Kind = HttpMailbox::Answer::Kind;
  auto ticket = std::make_shared<PartTicket>(mailbox_, id);
  connection.more(
      [ticket](std::string part, bool last) { ticket->answer(last ? Kind::last_part : Kind::part, std::move(part)); });
}

void HttpReception::handOver(HttpConnection& connection) {
  struct Parcel {
    std::unique_ptr<Stream> stream;
    std::string leftover;
    UpgradeCallback callback;
  };
  auto parcel = std::make_shared<Parcel>();
  parcel->leftover = connection.takeLeftover();
  parcel->callback = connection.takeCallback();
  parcel->stream = connection.takeStream();
  workers_->post([parcel] { parcel->callback(std::move(parcel->stream), std::move(parcel->leftover)); });
}

// ------------------------------------------------------------------------------------------------- HttpHandler

HttpReply HttpHandler::handle(const HttpRequest&) { return errorReply(404, "Not found"); }

void HttpHandler::handleLater(std::shared_ptr<const HttpRequest> request, HttpResponder respond) {
  respond(handle(*request));
}

UpgradeReply HttpHandler::upgrade(const HttpRequest&) { return UpgradeReply::refuse(errorReply(404, "Not found")); }

// -------------------------------------------------------------------------------------------------- HttpServer

class HttpServer::Impl : public HttpReception {
 public:
  using HttpReception::HttpReception;
};

HttpServer::HttpServer(HttpServerOptions options, HttpHandler& handler)
    : impl_(std::make_shared<Impl>(std::move(options), handler)) {}

HttpServer::~HttpServer() { stop(); }

std::uint16_t HttpServer::port() const { return impl_->port(); }
std::size_t HttpServer::connections() const { return impl_->connections(); }
void HttpServer::useTls(std::shared_ptr<const TlsContext> context) { impl_->useTls(std::move(context)); }
void HttpServer::stop(std::uint32_t grace_ms) { impl_->stop(grace_ms); }

}  // namespace hookswitch::net
