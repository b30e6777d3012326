// pmtune: fine-tune a small local language model on your own examples, find out whether it got better, keep its
// versions, and use it, in this process, with nothing sent anywhere. Read in this order:
//
//   error.hpp           what goes wrong and how it is told
//   device.hpp          machine, threads, memory, log
//   dataset.hpp         examples: load, check, split
//   inbox.hpp           collect examples while the model is used
//   model.hpp           load a model, ask it, measure it
//   dataset_preview.hpp what it will be taught, token by token
//   surprises.hpp       which examples to look at first
//   lora_trainer.hpp    teach it
//   evaluator.hpp       judge it against its base
//   model_registry.hpp  keep its versions
//   chat_session.hpp    hold a conversation with it, and teach it better answers
//   server.hpp          offer it to other tools
//   hub.hpp             find models on this machine, fetch others
//
//   #include <pmtune/pmtune.hpp>
//   using namespace pmtune;
//   Dataset data = Dataset::load("examples/dataset.jsonl");
//   Model base = Model::load("smollm2-135m-instruct");
//   LoraTrainer trainer(base, TrainConfig::suggest(base, data));
//   TrainResult result = trainer.train(data);
//   std::cout << result.model.chat("Write a user story for password reset functionality");
#pragma once

#include <pmtune/chat_session.hpp>
#include <pmtune/dataset.hpp>
#include <pmtune/dataset_preview.hpp>
#include <pmtune/device.hpp>
#include <pmtune/engine.hpp>
#include <pmtune/error.hpp>
#include <pmtune/evaluator.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/hub.hpp>
#include <pmtune/inbox.hpp>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>
#include <pmtune/model_registry.hpp>
#include <pmtune/server.hpp>
#include <pmtune/surprises.hpp>
