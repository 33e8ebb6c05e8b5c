// The sessions of a speech model's stand-in and their sockets: what is the same whichever model it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/fakes/base64.hpp"
#include "tests/fakes/net.hpp"
#include "tests/fakes/settings.hpp"
#include "tests/fakes/socket_faults.hpp"

namespace fakes {

/// [loop] Held by a shared_ptr: sockets that close after it are nobody's.
template <class Session>
class VoiceSessions : public std::enable_shared_from_this<VoiceSessions<Session>> {
 public:
  using Json = nlohmann::json;
  struct Client {
    std::shared_ptr<Session> session;
    SocketPtr socket;  ///< null: closed
  };
  static constexpr std::size_t kMostRemembered = 300;  ///< closed sessions kept for sessions()

  ConnectionBook book;
  std::vector<Json> upgrade_errors;  ///< of connections that were refused

  /// The id of the session that the next add() brings.
  std::string nextId() {
    book.opened();
    return "s" + std::to_string(book.total);
  }
  /// From here on the socket's messages are the session's.
  void add(const std::shared_ptr<Session>& session, const SocketPtr& socket) {
    clients_.push_back({session, socket});
    Socket::Handlers handlers;
    handlers.onMessage = [session](std::string_view payload, bool text) { session->onMessage(payload, text); };
    handlers.onClose = [self = this->weak_from_this(), session](unsigned code, std::string_view reason) {
      session->onClose(code, reason);
      if (const auto us = self.lock()) us->closed(session, code);
    };
    socket->start(std::move(handlers));
  }
  /// A session that is told of its end first stays quiet, whatever its socket still delivers.
  void dropAll() {
    for (auto& client : clients_) {
      if (client.socket) client.session->onClose(1006, ""), client.socket->reset();
    }
    clients_.clear();
  }
  void reset() {
    dropAll();
    old_errors_.clear(), upgrade_errors.clear();
    book = {};
  }
  /// The open sessions a command speaks to: args.session names one, "last" the newest, absent all.
  std::vector<Client> chosen(const Json& args) const {
    const std::string wanted = args.value("session", "");
    std::vector<Client> out;
    for (const auto& client : clients_) {
      if (client.socket && (wanted.empty() || wanted == "last" || client.session->id() == wanted))
        out.push_back(client);
    }
    if (wanted == "last" && out.size() > 1) out.erase(out.begin(), out.end() - 1);
    return out;
  }
  /// The one that the command `audio` is about, open or not. Throws std::invalid_argument.
  Session& heard(const Json& args) const {
    const std::string wanted = args.value("session", "last");
    for (auto client = clients_.rbegin(); client != clients_.rend(); ++client)
      if (wanted == "last" || client->session->id() == wanted) return *client->session;
    throw std::invalid_argument("no session '" + wanted + "'");
  }
  Json describe() const {
    Json out = Json::array();
    for (const auto& client : clients_) out.push_back(client.session->describe());
    return out;
  }
  Json errors() const {
    Json out = upgrade_errors;
    for (const auto& error : old_errors_) out.push_back(error);
    for (const auto& client : clients_) {
      for (Json error : client.session->protocolErrors()) {
        error["session"] = client.session->id();
        out.push_back(std::move(error));
      }
    }
    return out;
  }

 private:
  void closed(const std::shared_ptr<Session>& session, unsigned code) {
    const auto client =
        std::find_if(clients_.begin(), clients_.end(), [&](const Client& c) { return c.session == session; });
    if (client == clients_.end()) return;  // forgotten by reset()
    book.closed(code);
    client->socket.reset();
    std::size_t over = clients_.size() - static_cast<std::size_t>(book.open);
    for (auto it = clients_.begin(); over > kMostRemembered && it != clients_.end();) {
      if (it->socket) {
        ++it;
      } else {
        for (const auto& e : it->session->protocolErrors()) old_errors_.push_back(e);
        it = clients_.erase(it);
        --over;
      }
    }
  }

  std::vector<Client> clients_;
  std::vector<Json> old_errors_;
};

/// The commands that every speech model takes: configure, refuse_connections, queue. False: it is another one.
template <class Turn, class Shared>
bool voiceCommand(Shared& shared, Server& server, const std::string& name, const nlohmann::json& args,
                  nlohmann::json& result) {
  if (name == "configure") {
    auto wanted = shared.settings;
    applySettings(wanted, args);
    wanted.check();
    shared.settings = wanted;
    result = {{"settings", dumpSettings(shared.settings)}};
  } else if (name == "refuse_connections") {
    server.refuse(args.value("refusing", true));
    result = nlohmann::json::object();
  } else if (name == "queue") {
    std::vector<Turn> turns;
    for (const auto& turn : args.at("turns")) turns.push_back(Turn::parse(turn));
    for (auto& turn : turns) shared.queue.push_back(std::move(turn));
    result = {{"queued", shared.queue.size()}};
  } else {
    return false;
  }
  return true;
}

}  // namespace fakes
