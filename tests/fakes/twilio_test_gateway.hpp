// A little scripted gateway for the tests of the fake Twilio: it answers webhooks, takes one media stream after another
// and remembers all it saw.
#pragma once

#include "tests/fakes/net.hpp"
#include "tests/fakes/twilio.hpp"
#include "tests/fakes/twilio_signature.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fakes {

class TwilioTest : public testing::Test {
 protected:
  using Json = nlohmann::json;
  struct Seen {
    std::string path;
    Form form;
    bool signed_well = false;
    std::string status() const { return find(form, "CallStatus") ? *find(form, "CallStatus") : ""; }
  };

  void SetUp() override { start({}); }
  void start(Twilio::Options options) {
    Server::Handlers handlers;
    handlers.onRequest = [this](const Request& request, Server::Reply reply) { webhook(request, reply); };
    handlers.onUpgrade = [this](const Request& request) {
      Response response;
      response.status = upgrade_status_;
      upgrade_signature_ = std::string(header(request.headers, "x-twilio-signature"));
      return response;
    };
    handlers.onSocket = [this](const Request&, SocketPtr socket) { takeStream(std::move(socket)); };
    gateway_ = std::make_unique<Server>(loop_, 0, handlers);
    twilio_ = std::make_unique<Twilio>(loop_, std::move(options));
    twiml_ = streamTwiml();
    loop_.start();
  }
  void TearDown() override {
    loop_.call([this] {
      twilio_.reset();
      gateway_.reset();
      sockets_.clear();
    });
    loop_.stop();
  }

  std::string gatewayUrl(const std::string& path, const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(gateway_->port()) + path;
  }
  std::string streamTwiml(const std::string& after = "<Hangup/>") const {
    return "<?xml version=\"1.0\"?><Response><Connect><Stream url=\"" + gatewayUrl("/media/token", "ws") +
           "\"><Parameter name=\"gw_call\" value=\"7f3a\"/></Stream></Connect>" + after + "</Response>";
  }
  Form createForm() const {
    return {{"To", "+15550100002"},
            {"From", "+15550100001"},
            {"Url", gatewayUrl("/voice?gw_call=7f3a")},
            {"StatusCallback", gatewayUrl("/status?gw_call=7f3a")},
            {"StatusCallbackEvent", "initiated"},
            {"StatusCallbackEvent", "ringing"},
            {"StatusCallbackEvent", "answered"},
            {"StatusCallbackEvent", "completed"}};
  }
  std::string apiUrl(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(twilio_->port()) + "/2010-04-01/Accounts/" +
           twilio_->options().account_sid + path;
  }
  ClientResult rest(const std::string& method, const std::string& url, const Form& form = {},
                    const std::string& password = "") {
    std::string basic = "Basic ";
    const auto& given = twilio_->options();
    appendBase64(basic, given.account_sid + ":" + (password.empty() ? given.auth_token : password));
    Headers headers{{"Authorization", basic}};
    if (method == "POST") headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    auto result = std::make_shared<std::promise<ClientResult>>();
    loop_.post([&] {
      fakes::request(loop_, method, url, headers, encodeForm(form), 20000,
                     [result](ClientResult r) { result->set_value(std::move(r)); });
    });
    return result->get_future().get();
  }
  /// Creates a call; empty when Twilio refused.
  std::string create() {
    const auto result = rest("POST", apiUrl("/Calls.json"), createForm());
    return result.status == 201 ? Json::parse(result.body).at("sid").get<std::string>() : "";
  }
  ClientResult update(const std::string& sid, const Form& form) {
    return rest("POST", apiUrl("/Calls/" + sid + ".json"), form);
  }
  Json command(const std::string& name, const Json& args = Json::object()) {
    Json result;
    loop_.call([&] { result = twilio_->command(name, args); });
    return result;
  }
  std::string fetch(const std::string& rest) {
    std::string body;
    loop_.call([&] {
      Request request;
      request.target = "/twilio/" + rest;
      body = twilio_->get(request, rest.substr(0, rest.find('?'))).body;
    });
    return body;
  }
  Json call(const std::string& sid = "last") { return Json::parse(fetch("calls/" + sid)); }

  /// Waits until `holds` does; looked at on the loop's thread, whenever something happened here or shortly after.
  template <class Predicate>
  bool eventually(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      bool now = false;
      loop_.call([&] { now = holds(); });
      if (now || std::chrono::steady_clock::now() > deadline) return now;
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(2));
    }
  }
  bool callStatusBecomes(const std::string& status) {
    return eventually([&] {
      Request request;
      return Json::parse(twilio_->get(request, "calls/last").body).value("status", "") == status;
    });
  }
  std::vector<std::string> statuses() {
    std::vector<std::string> out;
    loop_.call([&] {
      for (const Seen& one : webhooks_)
        if (one.path == "/status") out.push_back(one.status());
    });
    return out;
  }
  bool statusesCome(std::size_t count) {
    return eventually([&] {
      std::size_t seen = 0;
      for (const Seen& one : webhooks_) seen += one.path == "/status";
      return seen >= count;
    });
  }
  /// A message of the stream with this event; empty object when none came.
  Json message(const std::string& event) {
    Json found = Json::object();
    eventually([&] {
      for (const Json& one : messages_)
        if (one.value("event", "") == event) found = one;
      return !found.empty();
    });
    return found;
  }
  void sendToStream(const std::string& text, bool is_text = true) {
    loop_.call([&] { sockets_.back()->send(text, is_text); });
  }
  std::string streamSid() { return message("start").at("streamSid"); }

  virtual void webhook(const Request& request, const Server::Reply& reply) {
    Seen seen{request.path(), decodeForm(request.body)};
    const std::string url = gatewayUrl(request.target);
    seen.signed_well =
        header(request.headers, "x-twilio-signature") == sign(twilio_->options().auth_token, url, seen.form);
    webhooks_.push_back(seen);
    Response response;
    if (seen.path == "/status") {
      response.status = 204;
    } else {
      response.status = voice_status_;
      response.type = "text/xml";
      response.body = seen.path == "/after" ? after_twiml_ : twiml_;
    }
    reply(response);
    changed_.notify_all();
  }
  void takeStream(SocketPtr socket) {
    sockets_.push_back(socket);
    Socket::Handlers handlers;
    handlers.onMessage = [this](std::string_view payload, bool) {
      raw_messages_.emplace_back(payload);
      messages_.push_back(Json::parse(payload, nullptr, false));
      changed_.notify_all();
    };
    handlers.onClose = [this](unsigned code, std::string_view) {
      close_codes_.push_back(code);
      changed_.notify_all();
    };
    socket->start(std::move(handlers));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Loop loop_;
  std::unique_ptr<Server> gateway_;
  std::unique_ptr<Twilio> twilio_;
  std::string twiml_, after_twiml_ = "<Response/>", upgrade_signature_;
  unsigned voice_status_ = 200, upgrade_status_ = 101;
  std::vector<Seen> webhooks_;
  std::vector<SocketPtr> sockets_;
  std::vector<Json> messages_;
  std::vector<std::string> raw_messages_;
  std::vector<unsigned> close_codes_;
};

}  // namespace fakes
