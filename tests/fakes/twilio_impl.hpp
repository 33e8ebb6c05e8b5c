// The parts of the Twilio fake: the table of calls, the rules, the REST side. Only twilio*.cpp include this.
#pragma once

#include "tests/fakes/twilio.hpp"
#include "tests/fakes/twilio_call.hpp"

#include <map>

namespace fakes {

/// [loop]
struct Twilio::Impl : std::enable_shared_from_this<Twilio::Impl> {
  Impl(Loop& the_loop, Options the_options);
  ~Impl();

  // REST (twilio_rest.cpp).
  void handle(const Request& request, const Server::Reply& reply);
  void handleNow(const Request& request, const Server::Reply& reply);
  Response create(const Form& form, std::shared_ptr<TwilioCall>& made);
  Response update(TwilioCall& call, const Form& form);
  Response list(const Request& request) const;  // twilio_list.cpp, with the next two
  Response events(const TwilioCall& call) const;
  static Response answer(unsigned status, const nlohmann::json& body);
  void remember(const std::shared_ptr<TwilioCall>& call);  ///< into the tables; forgets what `keep` does not cover
  Response perform(Operation operation, const Request& request, const Form& form,
                   const std::shared_ptr<TwilioCall>& call, std::shared_ptr<TwilioCall>& made);
  static Response error(unsigned status, int code, const std::string& message);

  // Control (twilio_control.cpp).
  void up();  ///< take connections and answer requests again
  nlohmann::json incoming(const nlohmann::json& args);
  nlohmann::json callCommand(TwilioCall& call, const std::string& name, const nlohmann::json& args);
  std::shared_ptr<TwilioCall> byName(const std::string& name) const;  ///< SID or gw_call; throws std::invalid_argument
  std::string base() const { return "/2010-04-01/Accounts/" + options.account_sid; }

  Loop& loop;
  Options options;
  std::shared_ptr<TwilioLine> line;
  std::function<void(const std::string&, nlohmann::json)> listener;
  CallPlan plan;
  Rules rules;
  std::string voice_url, voice_method = "POST", number_status_callback;
  std::map<std::string, std::shared_ptr<TwilioCall>> calls;
  std::vector<std::shared_ptr<TwilioCall>> order;  ///< oldest first
  std::map<std::string, std::uint64_t> counters;   ///< requests by operation and by answer
  std::size_t keep = 0;                            ///< calls that are over and remembered; 0: all
  std::uint64_t forgotten = 0, forgotten_hang_ups = 0, forgotten_errors = 0;
  std::uint32_t latency_ms = 0;           ///< of every answer
  bool silent = false;                    ///< take requests, do nothing, never answer
  std::vector<Server::Reply> unanswered;  ///< held so that their connections stay open
  std::unique_ptr<Server> server;
};

}  // namespace fakes
